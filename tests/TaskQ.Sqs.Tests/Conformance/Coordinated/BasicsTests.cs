using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated;

public sealed class BasicsTests(RedisCompanion companion) : Basics(new CoordinatedSqsFixture(companion));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated;

public sealed class DelaysTests(RedisCompanion companion) : Delays(new CoordinatedSqsFixture(companion));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated;

public sealed class RetriesTests(RedisCompanion companion) : Retries(new CoordinatedSqsFixture(companion));

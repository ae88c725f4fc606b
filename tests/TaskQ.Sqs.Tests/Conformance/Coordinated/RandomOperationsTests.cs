using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated;

public sealed class RandomOperationsTests(RedisCompanion companion) : RandomOperations(new CoordinatedSqsFixture(companion));

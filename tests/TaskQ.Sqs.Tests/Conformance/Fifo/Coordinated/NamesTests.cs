using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Coordinated;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Coordinated;

public sealed class NamesTests(RedisCompanion companion) : Names(new CoordinatedSqsFixture(companion, fifo: true));

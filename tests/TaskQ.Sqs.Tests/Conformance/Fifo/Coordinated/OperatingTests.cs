using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Coordinated;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Coordinated;

public sealed class OperatingTests(RedisCompanion companion) : Operating(new CoordinatedSqsFixture(companion, fifo: true));

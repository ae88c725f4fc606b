using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Coordinated;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Coordinated;

public sealed class DeadLettersTests(RedisCompanion companion) : DeadLetters(new CoordinatedSqsFixture(companion, fifo: true));

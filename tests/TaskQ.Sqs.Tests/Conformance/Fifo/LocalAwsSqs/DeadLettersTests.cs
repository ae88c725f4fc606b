using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class DeadLettersTests(LocalAwsSqsServer server) : DeadLetters(new SqsFixture(server, fifo: true));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class DeadLettersTests(FauxqsServer server) : DeadLetters(new SqsFixture(server, fifo: true));

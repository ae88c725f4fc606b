using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class ConsumingTests(FauxqsServer server) : Consuming(new SqsFixture(server, fifo: true));

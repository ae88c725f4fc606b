using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class ConsumingTests(LocalAwsSqsServer server) : Consuming(new SqsFixture(server, fifo: true));

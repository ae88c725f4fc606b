using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class PayloadsTests(FauxqsServer server) : Payloads(new SqsFixture(server, fifo: true));

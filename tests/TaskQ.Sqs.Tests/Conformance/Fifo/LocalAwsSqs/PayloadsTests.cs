using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class PayloadsTests(LocalAwsSqsServer server) : Payloads(new SqsFixture(server, fifo: true));

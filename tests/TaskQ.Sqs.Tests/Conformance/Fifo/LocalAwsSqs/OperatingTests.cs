using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class OperatingTests(LocalAwsSqsServer server) : Operating(new SqsFixture(server, fifo: true));

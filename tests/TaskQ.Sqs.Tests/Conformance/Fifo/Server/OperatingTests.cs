using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class OperatingTests(FauxqsServer server) : Operating(new SqsFixture(server, fifo: true));

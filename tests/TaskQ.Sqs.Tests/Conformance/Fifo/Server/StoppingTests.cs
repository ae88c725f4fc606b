using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class StoppingTests(FauxqsServer server) : Stopping(new SqsFixture(server, fifo: true));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class StoppingTests(LocalAwsSqsServer server) : Stopping(new SqsFixture(server, fifo: true));

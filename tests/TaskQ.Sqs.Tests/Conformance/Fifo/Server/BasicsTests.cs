using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class BasicsTests(FauxqsServer server) : Basics(new SqsFixture(server, fifo: true));

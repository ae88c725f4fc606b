using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class LimitsTests(FauxqsServer server) : Limits(new SqsFixture(server, fifo: true));

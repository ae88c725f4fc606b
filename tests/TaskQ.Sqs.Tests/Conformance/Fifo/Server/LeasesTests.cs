using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class LeasesTests(FauxqsServer server) : Leases(new SqsFixture(server, fifo: true));

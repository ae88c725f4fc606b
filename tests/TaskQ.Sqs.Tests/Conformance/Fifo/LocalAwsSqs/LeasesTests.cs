using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class LeasesTests(LocalAwsSqsServer server) : Leases(new SqsFixture(server, fifo: true));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.Server;

public sealed class RetriesTests(FauxqsServer server) : Retries(new SqsFixture(server, fifo: true));

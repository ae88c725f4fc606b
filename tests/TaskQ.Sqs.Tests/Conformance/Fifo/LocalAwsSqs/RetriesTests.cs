using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class RetriesTests(LocalAwsSqsServer server) : Retries(new SqsFixture(server, fifo: true));

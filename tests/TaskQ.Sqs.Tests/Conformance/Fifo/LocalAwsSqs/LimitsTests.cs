using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class LimitsTests(LocalAwsSqsServer server) : Limits(new SqsFixture(server, fifo: true));

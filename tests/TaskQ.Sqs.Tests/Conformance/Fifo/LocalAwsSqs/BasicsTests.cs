using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Fifo.LocalAwsSqs;

public sealed class BasicsTests(LocalAwsSqsServer server) : Basics(new SqsFixture(server, fifo: true));

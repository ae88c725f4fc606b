using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class DelaysTests(LocalAwsSqsServer server) : Delays(new SqsFixture(server));

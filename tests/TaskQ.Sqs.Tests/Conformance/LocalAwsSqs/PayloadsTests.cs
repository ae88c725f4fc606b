using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class PayloadsTests(LocalAwsSqsServer server) : Payloads(new SqsFixture(server));

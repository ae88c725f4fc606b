using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class ConsumingTests(LocalAwsSqsServer server) : Consuming(new SqsFixture(server));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class RetriesTests(LocalAwsSqsServer server) : Retries(new SqsFixture(server));

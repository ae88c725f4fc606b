using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class RetriesTests(FauxqsServer server) : Retries(new SqsFixture(server));

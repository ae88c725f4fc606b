using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class DelaysTests(FauxqsServer server) : Delays(new SqsFixture(server));

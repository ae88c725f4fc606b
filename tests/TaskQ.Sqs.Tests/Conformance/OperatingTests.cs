using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class OperatingTests(FauxqsServer server) : Operating(new SqsFixture(server));

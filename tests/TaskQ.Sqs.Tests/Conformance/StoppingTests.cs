using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class StoppingTests(FauxqsServer server) : Stopping(new SqsFixture(server));

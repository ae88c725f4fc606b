using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class BasicsTests(FauxqsServer server) : Basics(new SqsFixture(server));

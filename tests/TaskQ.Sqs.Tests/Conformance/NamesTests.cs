using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

public sealed class NamesTests(FauxqsServer server) : Names(new SqsFixture(server));

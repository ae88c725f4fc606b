using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class NamesTests(LocalAwsSqsServer server) : Names(new SqsFixture(server));

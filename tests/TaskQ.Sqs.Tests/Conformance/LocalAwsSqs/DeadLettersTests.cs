using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

public sealed class DeadLettersTests(LocalAwsSqsServer server) : DeadLetters(new SqsFixture(server));

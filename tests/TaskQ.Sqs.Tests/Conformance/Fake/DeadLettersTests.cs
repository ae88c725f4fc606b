using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class DeadLettersTests() : DeadLetters(new FakeFixture());

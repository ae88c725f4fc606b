using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Fake;

namespace TaskQ.Sqs.Tests.Conformance.Fifo;

public sealed class DeadLettersTests() : DeadLetters(new FakeFixture(fifo: true));

using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class RandomOperationsTests() : RandomOperations(new FakeFixture());

using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class ConsumingTests() : Consuming(new FakeFixture());

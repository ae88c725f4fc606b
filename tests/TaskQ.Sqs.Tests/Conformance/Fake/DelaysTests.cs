using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class DelaysTests() : Delays(new FakeFixture());

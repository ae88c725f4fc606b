using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class LimitsTests() : Limits(new FakeFixture());

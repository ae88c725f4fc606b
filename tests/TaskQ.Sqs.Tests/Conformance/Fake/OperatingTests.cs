using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class OperatingTests() : Operating(new FakeFixture());

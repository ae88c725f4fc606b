using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class BasicsTests() : Basics(new FakeFixture());

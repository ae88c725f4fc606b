using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class StoppingTests() : Stopping(new FakeFixture());

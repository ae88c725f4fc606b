using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class RetriesTests() : Retries(new FakeFixture());

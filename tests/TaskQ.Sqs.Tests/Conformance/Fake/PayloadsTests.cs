using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class PayloadsTests() : Payloads(new FakeFixture());

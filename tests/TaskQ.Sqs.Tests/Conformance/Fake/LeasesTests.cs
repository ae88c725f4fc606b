using TaskQ.Conformance;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

public sealed class LeasesTests() : Leases(new FakeFixture());

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Fake;

namespace TaskQ.Sqs.Tests.Conformance.Fifo;

public sealed class LimitsTests() : Limits(new FakeFixture(fifo: true));

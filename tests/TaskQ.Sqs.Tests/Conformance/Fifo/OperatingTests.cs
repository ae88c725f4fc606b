using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Fake;

namespace TaskQ.Sqs.Tests.Conformance.Fifo;

public sealed class OperatingTests() : Operating(new FakeFixture(fifo: true));

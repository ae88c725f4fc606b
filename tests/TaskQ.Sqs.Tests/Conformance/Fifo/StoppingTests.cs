using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Conformance.Fake;

namespace TaskQ.Sqs.Tests.Conformance.Fifo;

public sealed class StoppingTests() : Stopping(new FakeFixture(fifo: true));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class StoppingTests() : Stopping(new MemoryFixture(encode: true));

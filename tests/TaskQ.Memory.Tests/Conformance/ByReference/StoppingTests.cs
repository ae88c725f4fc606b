using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class StoppingTests() : Stopping(new MemoryFixture(encode: false));

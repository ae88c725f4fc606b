using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class DelaysTests() : Delays(new MemoryFixture(encode: false));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class OperatingTests() : Operating(new MemoryFixture(encode: false));

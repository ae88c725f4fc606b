using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class LimitsTests() : Limits(new MemoryFixture(encode: false));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class BasicsTests() : Basics(new MemoryFixture(encode: false));

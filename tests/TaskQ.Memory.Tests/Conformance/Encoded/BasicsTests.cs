using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class BasicsTests() : Basics(new MemoryFixture(encode: true));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class DelaysTests() : Delays(new MemoryFixture(encode: true));

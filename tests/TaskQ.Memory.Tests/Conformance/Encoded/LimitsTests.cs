using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class LimitsTests() : Limits(new MemoryFixture(encode: true));

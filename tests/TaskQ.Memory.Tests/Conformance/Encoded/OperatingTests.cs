using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class OperatingTests() : Operating(new MemoryFixture(encode: true));

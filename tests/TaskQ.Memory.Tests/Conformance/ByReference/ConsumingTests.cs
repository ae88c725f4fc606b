using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class ConsumingTests() : Consuming(new MemoryFixture(encode: false));

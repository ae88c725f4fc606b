using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class ConsumingTests() : Consuming(new MemoryFixture(encode: true));

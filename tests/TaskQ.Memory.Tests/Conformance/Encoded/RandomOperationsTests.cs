using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class RandomOperationsTests() : RandomOperations(new MemoryFixture(encode: true));

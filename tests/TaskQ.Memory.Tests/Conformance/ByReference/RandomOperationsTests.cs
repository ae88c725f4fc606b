using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class RandomOperationsTests() : RandomOperations(new MemoryFixture(encode: false));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class DeadLettersTests() : DeadLetters(new MemoryFixture(encode: false));

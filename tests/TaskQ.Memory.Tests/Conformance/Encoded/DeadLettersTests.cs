using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class DeadLettersTests() : DeadLetters(new MemoryFixture(encode: true));

using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class NamesTests() : Names(new MemoryFixture(encode: true));

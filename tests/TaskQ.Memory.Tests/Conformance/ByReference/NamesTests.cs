using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class NamesTests() : Names(new MemoryFixture(encode: false));

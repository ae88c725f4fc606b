using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class RetriesTests() : Retries(new MemoryFixture(encode: false));

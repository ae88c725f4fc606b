using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class RetriesTests() : Retries(new MemoryFixture(encode: true));

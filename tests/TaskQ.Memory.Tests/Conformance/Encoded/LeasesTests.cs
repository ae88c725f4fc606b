using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class LeasesTests() : Leases(new MemoryFixture(encode: true));

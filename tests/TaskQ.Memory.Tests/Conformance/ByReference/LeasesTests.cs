using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class LeasesTests() : Leases(new MemoryFixture(encode: false));

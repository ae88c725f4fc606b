using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.ByReference;

public sealed class PayloadsTests() : Payloads(new MemoryFixture(encode: false));

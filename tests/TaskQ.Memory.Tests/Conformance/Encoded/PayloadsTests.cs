using TaskQ.Conformance;

namespace TaskQ.Memory.Tests.Conformance.Encoded;

public sealed class PayloadsTests() : Payloads(new MemoryFixture(encode: true));

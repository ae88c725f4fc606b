using TaskQ.Conformance;
using TaskQ.Conformance.Harness;

namespace TaskQ.Memory.Tests.Conformance.Coordinated;

public sealed class DelaysTests() : Delays(new CoordinatedFixture());

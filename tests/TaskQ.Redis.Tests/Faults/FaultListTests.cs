using TaskQ.Conformance.Harness;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Which faults have a test: by the trait that it carries.</summary>
public sealed class FaultListTests
{
    private static readonly string[] Faults =
    [
        "R1", "R2", "R3", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "R16", "R18", "R19", "R20", "R23",
        "R24", "R25", "R26", "R27", "R28", "R29", "R30", "R31", "R32", "R33", "R34", "R35", "R39",
    ];

    [Fact]
    public void Tests_ByTheirTraits_CoverEveryFault() =>
        FaultList.AssertCovered(typeof(FaultListTests).Assembly, Faults);
}

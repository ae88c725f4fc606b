using TaskQ.Conformance.Harness;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>Which faults have a test: by the trait that it carries.</summary>
public sealed class FaultListTests
{
    [Fact]
    public void Tests_ByTheirTraits_CoverEveryFault() =>
        FaultList.AssertCovered(typeof(FaultListTests).Assembly, Enumerable.Range(1, 15).Select(n => $"Q{n}"));
}

using System.Reflection;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>Which faults have a test: by the trait that it carries.</summary>
public sealed class FaultListTests
{
    private static readonly string[] Faults = ["Q1", "Q2", "Q3", "Q5", "Q7", "Q8", "Q13"];

    [Fact]
    public void Tests_ByTheirTraits_CoverEveryFault()
    {
        var tested = typeof(FaultListTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "Fault")
            .Select(trait => trait.Value);

        Assert.Empty(Faults.Except(tested));
    }
}

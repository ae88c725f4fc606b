using System.Reflection;

namespace TaskQ.Sqs.Tests.Faults;

/// <summary>Which faults have a test: by the trait that it carries.</summary>
public sealed class FaultListTests
{
    [Fact]
    public void Tests_ByTheirTraits_CoverEveryFault()
    {
        var tested = typeof(FaultListTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "Fault")
            .Select(trait => trait.Value);

        Assert.Equal(Enumerable.Range(1, 13).Select(n => $"S{n}").Order(), tested.Distinct().Order());
    }
}

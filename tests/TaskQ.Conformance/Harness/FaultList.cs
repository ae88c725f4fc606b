using System.Reflection;

namespace TaskQ.Conformance.Harness;

/// <summary>Which faults have a test: by the trait <c>Fault</c> that it carries.</summary>
public static class FaultList
{
    /// <summary>Fails when a fault has no test, or a test has a fault that is not in the list.</summary>
    /// <param name="tests">The assembly of the tests.</param>
    /// <param name="faults">The faults.</param>
    public static void AssertCovered(Assembly tests, IEnumerable<string> faults)
    {
        ArgumentNullException.ThrowIfNull(tests);
        IEnumerable<string> tested = tests.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "Fault")
            .Select(trait => trait.Value);
        Assert.Equal(faults.Order(), tested.Distinct().Order());
    }
}

using System.Reflection;
using System.Runtime.CompilerServices;

namespace TaskQ.Solution.Tests.Structure;

/// <summary>What may depend on what.</summary>
public sealed class LayerTests
{
    public static TheoryData<string> Packages => [.. Repository.Packages];

    public static TheoryData<string> PackagesBesideCore => [.. Repository.Packages.Where(package => package != "TaskQ")];

    [Fact]
    public void Core_References_OnlyAbstractionsAndTheFramework() =>
        Assert.All(References("TaskQ"), name => Assert.True(
            name.StartsWith("System.", StringComparison.Ordinal)
                || (name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && name.EndsWith(".Abstractions", StringComparison.Ordinal)),
            $"The core must not depend on {name}."));

    [Theory]
    [MemberData(nameof(PackagesBesideCore))]
    public void Package_References_NoOtherPackageThanTheCore(string package) =>
        Assert.Equal(["TaskQ"], References(package).Where(name => Repository.Packages.Contains(name)));

    [Theory]
    [MemberData(nameof(Packages))]
    public void Internals_AreSeen_OnlyByTests(string package) =>
        Assert.All(
            Assembly.Load(package).GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName),
            friend => Assert.True(
                friend.EndsWith(".Tests", StringComparison.Ordinal) || friend == "TaskQ.Conformance",
                $"{friend} sees the internals of {package}."));

    private static IEnumerable<string> References(string package) =>
        Assembly.Load(package).GetReferencedAssemblies().Select(reference => reference.Name!);
}

namespace TaskQ.Solution.Tests.Structure;

/// <summary>The solution file and the projects.</summary>
public sealed class SolutionTests
{
    [Fact]
    public void Projects_InTree_AreInSolution()
    {
        string solution = Repository.Read("TaskQ.sln").Replace('\\', '/');
        var missing = new[] { "src", "tests", "example", "bench" }
            .Where(folder => Directory.Exists(Repository.PathOf(folder)))
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.csproj", SearchOption.AllDirectories))
            .Select(Repository.RelativePath)
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));
        Expect.None(missing.Select(path => $"{path} is not in TaskQ.sln"));
    }

    [Fact]
    public void Package_InSrc_HasDescription() =>
        Assert.All(Repository.Packages, package =>
            Assert.Contains("<Description>", Repository.Read($"src/{package}/{package}.csproj"), StringComparison.Ordinal));

    [Fact]
    public void Changelog_OfPackages_HasUnreleasedChanges() =>
        Assert.Contains("\n## [Unreleased]\n", Repository.Read("CHANGELOG.md"), StringComparison.Ordinal);
}

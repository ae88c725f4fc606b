using System.Reflection;

namespace TaskQ.Solution.Tests.PublicApi;

/// <summary>The public API of each package is checked in as text, so that a change of it is seen and meant.</summary>
public sealed class PublicApiTests
{
    private const string Folder = "tests/TaskQ.Solution.Tests/PublicApi";

    public static TheoryData<string> Packages => [.. Repository.Packages];

    [Theory]
    [MemberData(nameof(Packages))]
    public void PublicApi_OfPackage_IsTheAcceptedOne(string package)
    {
        string file = $"{Folder}/{package}.txt";
        string actual = ApiText.Of(Assembly.Load(package));
        if (Environment.GetEnvironmentVariable("TASKQ_ACCEPT_API") == "1")
        {
            File.WriteAllText(Repository.PathOf(file), actual);
            return;
        }

        string accepted = File.Exists(Repository.PathOf(file)) ? Repository.Read(file) : "";
        Assert.True(
            accepted == actual,
            $"""
            The public API of {package} is not that of {file}:

            {LineDiff.Of(accepted, actual)}

            If the change is meant, accept it: TASKQ_ACCEPT_API=1 dotnet test --project tests/TaskQ.Solution.Tests
            """);
    }

    [Fact]
    public void Snapshots_WithoutPackage_DoNotExist()
    {
        var snapshots = Directory.GetFiles(Repository.PathOf(Folder), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path));
        Expect.None(snapshots.Except(Repository.Packages).Select(name => $"{Folder}/{name}.txt is of no package"));
    }
}

using System.Text.RegularExpressions;

namespace TaskQ.Solution.Tests.Structure;

/// <summary>The house rules of source files that no compiler checks.</summary>
public sealed partial class SourceFileTests
{
    private const int MaxLines = 400;

    [Fact]
    public void File_InSrc_IsShort() =>
        AssertNone(text => text.Split('\n').Length > MaxLines + 1, $"more than {MaxLines} lines");

    [Fact]
    public void File_InSrc_HasOnePublicType() =>
        AssertNone(text => PublicType().Count(text) > 1, "more than one public type");

    [Fact]
    public void File_InSrc_SwallowsNoException() =>
        AssertNone(text => EmptyCatch().IsMatch(text), "an empty catch");

    [Fact]
    public void File_InSrc_HasNoStub() =>
        AssertNone(text => text.Contains("NotImplementedException", StringComparison.Ordinal), "a stub");

    [Fact]
    public void File_InSrc_HasTheNamespaceOfItsFolder()
    {
        var wrong = Repository.SourceFiles("src")
            .Where(path => Namespace().Match(File.ReadAllText(path)) is { Success: true } match && match.Groups["name"].Value != Expected(path))
            .Select(path => $"{Repository.RelativePath(path)}: the namespace must be {Expected(path)}");
        Expect.None(wrong);
    }

    // "src/TaskQ/Add/Encode/X.cs" belongs to TaskQ.Add.Encode; extensions of builders to TaskQ, where users find them.
    private static string Expected(string path) =>
        path.EndsWith("BuilderExtensions.cs", StringComparison.Ordinal) || path.EndsWith("CollectionExtensions.cs", StringComparison.Ordinal)
            ? "TaskQ"
            : string.Join('.', Repository.RelativePath(path).Split('/')[1..^1]);

    private static void AssertNone(Func<string, bool> breaks, string what)
    {
        var files = Repository.SourceFiles("src").ToList();
        Assert.NotEmpty(files);
        var wrong = files.Where(path => breaks(File.ReadAllText(path).ReplaceLineEndings("\n")));
        Expect.None(wrong.Select(path => $"{Repository.RelativePath(path)}: {what}"));
    }

    [GeneratedRegex(@"^public .*?\b(class|struct|interface|enum|record|delegate)\b", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"\bcatch\b(\s*\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}

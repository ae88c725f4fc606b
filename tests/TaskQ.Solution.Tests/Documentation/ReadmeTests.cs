using System.Text.RegularExpressions;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>What README.md says is true of the source tree.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void CSharpBlocks_InReadme_AreTheCompiledSnippets()
    {
        var blocks = Readme.Blocks("csharp").ToList();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block =>
        {
            Match mark = SnippetMark().Match(block.Before);
            Assert.True(mark.Success, $"A csharp block needs a line '<!-- snippet: name -->' before it:\n{block.Code}");
            string name = mark.Groups["name"].Value;
            Assert.True(SnippetFiles.All.ContainsKey(name), $"No file in Documentation/Snippets has a region {name}.");
            Assert.Equal(SnippetFiles.All[name], block.Code);
        });
    }

    [Fact]
    public void Snippets_InSource_AreAllInReadme() =>
        Assert.Equal(
            SnippetFiles.All.Keys.Order(StringComparer.Ordinal),
            Readme.Blocks("csharp").Select(block => SnippetMark().Match(block.Before).Groups["name"].Value).Order(StringComparer.Ordinal));

    [Fact]
    public void Paths_InReadme_Exist()
    {
        var paths = Readme.Lines
            .SelectMany(line => CodePath().Matches(line).Concat(Link().Matches(line)))
            .Select(match => match.Groups["path"].Value)
            .Distinct()
            .ToList();
        Assert.NotEmpty(paths);
        var missing = paths.Where(path => !Path.Exists(Repository.PathOf(path)));
        Expect.None(missing.Select(path => $"README.md names {path}, which does not exist"));
    }

    [GeneratedRegex("^<!-- snippet: (?<name>.+) -->$")]
    private static partial Regex SnippetMark();

    // `src/TaskQ/X.cs`: code that is a path of this repository.
    [GeneratedRegex("`(?<path>(src|tests|example|bench|eng)/[^` *<]*)`")]
    private static partial Regex CodePath();

    // [text](path): a link that leads to no other site and no heading.
    [GeneratedRegex(@"\]\((?<path>[^):#]+)\)")]
    private static partial Regex Link();
}

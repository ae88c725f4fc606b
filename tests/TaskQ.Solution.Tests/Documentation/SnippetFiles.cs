using System.Text.RegularExpressions;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>The code of the README, as it is compiled: regions of the files in the folder "Snippets".</summary>
internal static partial class SnippetFiles
{
    /// <summary>The snippets by name; regions of the same name in one file are joined by an empty line.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = Read();

    private static Dictionary<string, string> Read()
    {
        var snippets = new Dictionary<string, string>();
        foreach (string file in Repository.SourceFiles("tests/TaskQ.Solution.Tests/Documentation/Snippets"))
        {
            foreach (var regions in Region().Matches(File.ReadAllText(file).ReplaceLineEndings("\n")).GroupBy(match => match.Groups["name"].Value))
            {
                snippets.Add(regions.Key, string.Join("\n\n", regions.Select(region => Unindent(region.Groups["code"].Value))));
            }
        }

        return snippets;
    }

    private static string Unindent(string code)
    {
        string[] lines = code.Trim('\n').Split('\n');
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..]));
    }

    [GeneratedRegex(@"^ *#region (?<name>[\w-]+)\n(?<code>.*?)^ *#endregion", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();
}

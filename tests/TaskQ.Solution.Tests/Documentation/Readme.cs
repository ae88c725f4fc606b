namespace TaskQ.Solution.Tests.Documentation;

/// <summary>README.md, taken apart.</summary>
internal static class Readme
{
    /// <summary>All lines.</summary>
    public static IReadOnlyList<string> Lines { get; } = Repository.Read("README.md").Split('\n');

    /// <summary>The lines between the comments "NAME" and "end".</summary>
    public static IEnumerable<string> Section(string name)
    {
        Assert.Contains($"<!-- {name} -->", Lines);
        return Lines.SkipWhile(line => line != $"<!-- {name} -->").Skip(1).TakeWhile(line => line != "<!-- end -->");
    }

    /// <summary>The code blocks of a language, each with the line before its fence.</summary>
    public static IEnumerable<(string Before, string Code)> Blocks(string language)
    {
        for (int start = 0; start < Lines.Count; start++)
        {
            if (Lines[start] != "```" + language)
            {
                continue;
            }

            var code = Lines.Skip(start + 1).TakeWhile(line => line != "```");
            yield return (start == 0 ? "" : Lines[start - 1], string.Join('\n', code));
        }
    }
}

using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>The doc comments of a package, as a reader sees them.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocs(Dictionary<string, XElement> members) => _members = members;

    /// <summary>Reads the file that is shipped beside a package's assembly.</summary>
    public static XmlDocs Of(string package)
    {
        XDocument document = XDocument.Load(Path.Combine(AppContext.BaseDirectory, package + ".xml"));
        return new XmlDocs(document.Descendants("member").ToDictionary(member => member.Attribute("name")!.Value));
    }

    /// <summary>The summary of a property, references as code in backticks.</summary>
    public string SummaryOf(Type type, string property)
    {
        string id = $"P:{type.FullName}.{property}";
        Assert.True(_members.TryGetValue(id, out XElement? member), $"{id} has no doc comment.");
        string text = string.Concat(member!.Element("summary")!.Nodes().Select(Render));
        return Spaces().Replace(text, " ").Trim();
    }

    private static string Render(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement reference when reference.Attribute("cref") is { } cref => $"`{ShortName(cref.Value)}`",
        _ => throw new InvalidOperationException($"Don't know how to read {node}."),
    };

    // "P:TaskQ.QueueOptions.MinWorkers" is `MinWorkers` to a reader of the options, "T:TaskQ.X" is `X`, and what is
    // another type's keeps that type's name.
    private static string ShortName(string cref)
    {
        string[] parts = cref[2..].Split('(')[0].Split('.');
        bool isOwn = parts.Length > 1 && parts[^2].EndsWith("Options", StringComparison.Ordinal);
        return cref[0] == 'T' || isOwn ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

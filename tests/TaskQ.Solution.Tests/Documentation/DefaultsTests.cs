using System.Reflection;
using System.Text.RegularExpressions;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>Code, doc comments and README name the same defaults.</summary>
public sealed partial class DefaultsTests
{
    /// <summary>The public classes of all packages whose names end in "Options".</summary>
    public static TheoryData<Type> OptionTypes =>
        [.. Repository.Packages
            .SelectMany(package => Assembly.Load(package).GetExportedTypes())
            .Where(type => type.IsClass && type.Name.EndsWith("Options", StringComparison.Ordinal))];

    public static TheoryData<Type, string> Options =>
        [.. OptionTypes.SelectMany(row => Properties(row.Data).Select(property => (row.Data, property.Name)))];

    [Theory]
    [MemberData(nameof(Options))]
    public void DocComment_OfOption_EndsWithTheDefaultOfTheCode(Type type, string property)
    {
        ArgumentNullException.ThrowIfNull(type);
        string words = Default(type, property);
        object? value = type.GetProperty(property)!.GetValue(Activator.CreateInstance(type));
        if (words == "required")
        {
            Assert.Equal("", value);
            return;
        }

        Assert.True(DefaultValue.Matches(words, value), $"{type.Name}.{property} is {value ?? "null"}, its doc comment says {words}.");
    }

    [Theory]
    [MemberData(nameof(OptionTypes))]
    public void Readme_DefaultsTable_SaysWhatTheDocCommentsSay(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var documented = Properties(type).Select(property => $"| `{property.Name}` | {Default(type, property.Name)} |");
        var table = Readme.Section($"defaults: {type.Name}").Where(line => line.StartsWith("| `", StringComparison.Ordinal));
        Assert.Equal(documented, table);
    }

    [Theory]
    [InlineData("100", 101)]
    [InlineData("4 MiB", 4_000_000)]
    [InlineData("null: no limit", 0)]
    [InlineData("false", true)]
    [InlineData("10 s", 10)]
    public void Matches_OtherValue_IsFalse(string words, object value) => Assert.False(DefaultValue.Matches(words, value));

    // In the order of the source.
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(property => property.MetadataToken);

    private static string Default(Type type, string property)
    {
        string summary = XmlDocs.Of(type.Assembly.GetName().Name!).SummaryOf(type, property);
        Match match = LastSentence().Match(summary);
        Assert.True(match.Success, $"The doc comment of {type.Name}.{property} must end with 'The default is ….' or 'Required.': {summary}");
        return match.Groups["default"].Success ? match.Groups["default"].Value : "required";
    }

    [GeneratedRegex(@"(^|\. )(The default is (?<default>[^.]+(\.[^. ]+)*)|Required)\.$")]
    private static partial Regex LastSentence();
}

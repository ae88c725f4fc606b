using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;

namespace TaskQ.Solution.Tests.Documentation;

/// <summary>Compares what a doc comment says of a default with the value that the code has.</summary>
internal static partial class DefaultValue
{
    /// <summary>Whether the words of a doc comment, without "The default is" and the full stop, mean the value.</summary>
    public static bool Matches(string words, object? value)
    {
        string first = words.Split(':')[0];
        return value switch
        {
            null => first == "null",
            IEnumerable and ICollection { Count: 0 } => first == "none",
            bool flag => first == (flag ? "true" : "false"),
            int number => Number(first) == number,
            TimeSpan time => Time(first) == time,
            string text => first == $"`{text}`",
            Enum => first == $"`{value.GetType().Name}.{value}`",
            TimeProvider clock => first == "`TimeProvider.System`" && clock == TimeProvider.System,
            _ => first == $"a `{value.GetType().Name}`",
        };
    }

    private static int? Number(string words)
    {
        if (words == "the number of cores")
        {
            return Environment.ProcessorCount;
        }

        Match match = NumberWithUnit().Match(words);
        if (!match.Success)
        {
            return null;
        }

        int factor = match.Groups["unit"].Value switch
        {
            " × cores" => Environment.ProcessorCount,
            " KiB" => 1024,
            " MiB" => 1024 * 1024,
            _ => 1,
        };
        return int.Parse(match.Groups["number"].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) * factor;
    }

    private static TimeSpan? Time(string words)
    {
        Match match = TimeWithUnit().Match(words);
        if (!match.Success)
        {
            return null;
        }

        int number = int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);
        return match.Groups["unit"].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "min" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
    }

    [GeneratedRegex("^(?<number>[0-9]{1,3}(,[0-9]{3})*)(?<unit> × cores| bytes| KiB| MiB)?$")]
    private static partial Regex NumberWithUnit();

    [GeneratedRegex("^(?<number>[0-9]+) (?<unit>ms|s|min|h|days)$")]
    private static partial Regex TimeWithUnit();
}

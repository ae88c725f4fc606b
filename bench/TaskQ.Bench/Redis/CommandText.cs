using System.Globalization;

namespace TaskQ.Bench.Redis;

/// <summary>The commands that a server saw, as a note.</summary>
internal static class CommandText
{
    public static string Describe(string scenario, IReadOnlyDictionary<string, int> commands, int seconds)
    {
        string names = commands.Count == 0 ? "" : $" ({string.Join(", ", commands.Select(c => $"{c.Key} {c.Value}"))})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario}: {commands.Values.Sum() / (double)seconds:N2} Redis commands per second over {seconds} s{names}");
    }
}

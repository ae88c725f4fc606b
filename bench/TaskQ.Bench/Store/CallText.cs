using System.Globalization;

namespace TaskQ.Bench.Store;

/// <summary>The calls that a server saw, as a note.</summary>
internal static class CallText
{
    public static string Describe(string scenario, string callName, IReadOnlyDictionary<string, int> calls, int seconds)
    {
        string names = calls.Count == 0 ? "" : $" ({string.Join(", ", calls.Select(c => $"{c.Key} {c.Value}"))})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{scenario}: {calls.Values.Sum() / (double)seconds:N2} {callName} per second over {seconds} s{names}");
    }
}

using System.Runtime.CompilerServices;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>What a fault test has measured; the README has the last figures.</summary>
internal static class Figures
{
    public static void Print(string text, [CallerMemberName] string test = "") =>
        TestContext.Current.TestOutputHelper!.WriteLine($"[figures] {test}: {text}");

    public static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 1);

    /// <summary>The value below which a share of the values lies.</summary>
    public static TimeSpan Percentile(IEnumerable<TimeSpan> values, double share)
    {
        TimeSpan[] sorted = [.. values.Order()];
        return sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)];
    }
}

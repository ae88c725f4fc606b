using System.Globalization;

namespace TaskQ.Bench.Report;

/// <summary>The machine, then one aligned table, then notes.</summary>
internal sealed class TextReport(TextWriter output) : IReport
{
    private static readonly string[] Header =
    [
        "scenario", "backend", "n", "seconds", "per second", "min..max", "p50 ms", "p99 ms", "CPU ns/message", "GC %", "B/message", "hops/message", "contended/1000", "peak MiB",
        "store us/message", "store net B/message", "requests/message", "baseline", "target", "met",
    ];

    private readonly List<string[]> _rows = [Header];
    private readonly List<string> _notes = [];

    public void Begin(BenchOptions options, string? store)
    {
        foreach (string line in Machine.Describe())
        {
            output.WriteLine(line);
        }

        if (store is not null)
        {
            output.WriteLine(store);
        }

        output.WriteLine();
        output.Flush();
    }

    public void Add(BenchResult result)
    {
        _rows.Add(
        [
            result.Scenario,
            result.Backend,
            Format(result.N, "N0"),
            Format(result.Seconds, "N3"),
            Format(result.PerSecond, result.PerSecond < 10 ? "N5" : "N0"),
            result.Range is { } range ? $"{Format(range.Min, "N0")}..{Format(range.Max, "N0")}" : "",
            Format(result.P50Ms, "N3"),
            Format(result.P99Ms, "N3"),
            Format(result.CpuNanosecondsPerMessage, "N0"),
            Format(result.PauseShare * 100, "N0"),
            Format(result.AllocatedBytesPerMessage, "N0"),
            Format(result.WorkItemsPerMessage, "N2"),
            Format(result.ContentionsPerThousand, "N2"),
            Format(result.PeakRssMb, "N0"),
            Format(result.StorePerMessage?.Microseconds, "N2"),
            Format(result.StorePerMessage?.NetBytes, "N0"),
            Format(result.StorePerMessage?.Requests, "N3"),
            result.Baseline ?? "",
            result.Target?.Text ?? "",
            result.Target is { } target ? (target.Met ? "yes" : "NO") : "",
        ]);
        _notes.AddRange(result.Notes);
    }

    public void End()
    {
        int[] widths = [.. Enumerable.Range(0, Header.Length).Select(c => _rows.Max(r => r[c].Length))];
        foreach (string[] row in _rows)
        {
            IEnumerable<string> cells = row
                .Select((cell, c) => IsText(c) ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))
                .Where((_, c) => !IsStore(c) || _rows.Skip(1).Any(r => r[c].Length > 0));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }

        if (_notes.Count > 0)
        {
            output.WriteLine();
        }

        foreach (string note in _notes)
        {
            output.WriteLine(note);
        }
    }

    private static bool IsText(int column) => column is < 2 or > 16;

    // Only a store in a process of its own has these.
    private static bool IsStore(int column) => column is 14 or 15 or 16;

    private static string Format(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}

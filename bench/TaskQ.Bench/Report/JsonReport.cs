using System.Text.Json;

namespace TaskQ.Bench.Report;

/// <summary>One object per line, as soon as it is known.</summary>
internal sealed class JsonReport(TextWriter output) : IReport
{
    public void Begin(BenchOptions options, string? store)
    {
    }

    public void Add(BenchResult result)
    {
        var line = new
        {
            scenario = result.Scenario,
            backend = result.Backend,
            n = result.N,
            seconds = Rounded(result.Seconds, 6),
            per_second = Rounded(result.PerSecond, 6),
            p50_ms = Rounded(result.P50Ms, 6),
            p99_ms = Rounded(result.P99Ms, 6),
            allocated_bytes_per_message = Rounded(result.AllocatedBytesPerMessage, 1),
            peak_rss_mb = Rounded(result.PeakRssMb, 1),
        };
        output.WriteLine(JsonSerializer.Serialize(line));
        output.Flush();
    }

    public void End()
    {
    }

    private static double? Rounded(double? value, int digits) => value is { } v ? Math.Round(v, digits) : null;
}

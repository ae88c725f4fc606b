using System.Globalization;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Sql;

/// <summary>What the backends of SQL servers must reach, beside the bare statements of the same run.</summary>
internal static class ServerTargets
{
    private const double AddShare = 0.6;
    private const double DrainShare = 0.4;
    private const double DrainRate = 8_000;

    /// <summary>The result with its target; some scenarios set their own.</summary>
    public static BenchResult Apply(BenchResult result)
    {
        Target[] targets = result.Scenario switch
        {
            "addrange" => [Share(result, AddShare)],
            "drain" or "drain-best" => [Share(result, DrainShare), new(string.Create(CultureInfo.InvariantCulture, $">= {DrainRate:N0}/s"), result.PerSecond >= DrainRate)],
            // The other server has no way to wake a process: it is polled.
            "latency" when result.Backend.StartsWith("postgres", StringComparison.Ordinal) => [new("p99 <= 10 ms", result.P99Ms <= 10)],
            _ => [],
        };
        return targets.Length == 0 ? result : result with { Target = Target.All(targets) };
    }

    private static Target Share(BenchResult result, double share) =>
        new(string.Create(CultureInfo.InvariantCulture, $">= {share:P0} of bare"), result.BaselineShare >= share);
}

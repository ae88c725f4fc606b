using System.Globalization;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Redis;

/// <summary>What the Redis backend must reach on two cores that server, producer and consumer share.</summary>
internal static class RedisTargets
{
    private const double PingShare = 0.8;
    private const double AddBytes = 1024;
    private const double ConsumeBytes = 2048;
    private const double LifeMicroseconds = 5;

    /// <summary>The result with its target; some scenarios set their own.</summary>
    public static BenchResult Apply(BenchResult result)
    {
        Target[] targets = result.Scenario switch
        {
            "add" => [new(">= 80 % of PING", result.BaselineShare >= PingShare)],
            "add16" => [Rate(result, 130_000)],
            "addrange" => [Rate(result, 300_000), Bytes(result, AddBytes)],
            "dedupe" => [Rate(result, 110_000)],
            "drain" => [Rate(result, 150_000), Bytes(result, ConsumeBytes), Life(result)],
            "drain-best" => [Rate(result, 180_000), Bytes(result, ConsumeBytes), Life(result)],
            "roundtrip" => [Rate(result, 80_000)],
            "latency" => [new("p50 <= 0.5 ms", result.P50Ms <= 0.5), new("p99 <= 1.2 ms", result.P99Ms <= 1.2)],
            _ => [],
        };
        return targets.Length == 0 ? result : result with { Target = Target.All(targets) };
    }

    private static Target Rate(BenchResult result, double bound) =>
        new(string.Create(CultureInfo.InvariantCulture, $">= {bound:N0}/s"), result.PerSecond >= bound);

    private static Target Bytes(BenchResult result, double bound) =>
        new(string.Create(CultureInfo.InvariantCulture, $"<= {bound:N0} B"), result.AllocatedBytesPerMessage <= bound);

    private static Target Life(BenchResult result) =>
        new("life <= 5 us of store CPU", result.StoreLifeMicroseconds <= LifeMicroseconds);
}

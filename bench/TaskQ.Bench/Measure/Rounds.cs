using System.Diagnostics;
using System.Globalization;

namespace TaskQ.Bench.Measure;

/// <summary>Warm-up, then measured rounds, of which the median counts.</summary>
internal static class Rounds
{
    /// <summary>Runs a throughput scenario.</summary>
    /// <param name="context">The context.</param>
    /// <param name="scenario">Its name in the result.</param>
    /// <param name="n">Messages per round.</param>
    /// <param name="round">Runs one round of so many messages on a queue of its own.</param>
    /// <param name="limit">What is measured after each round and compared with it.</param>
    public static async Task<BenchResult> RunAsync(
        BenchContext context,
        string scenario,
        int n,
        Func<int, Task<Sample>> round,
        BareLimit? limit = null)
    {
        await WarmUpAsync(n, round);
        if (limit is not null)
        {
            await limit.MeasureAsync(n);
        }

        var samples = new Sample[context.Options.Rounds];
        var limits = new double[limit is null ? 0 : samples.Length];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = await round(n);
            if (limit is not null)
            {
                limits[i] = await limit.MeasureAsync(n);
            }
        }

        double? share = limit is null ? null : Median.Of(limits.Select((rate, i) => n / samples[i].Seconds / rate));
        Array.Sort(samples, static (a, b) => a.Seconds.CompareTo(b.Seconds));
        Sample median = samples[samples.Length / 2];
        StoreUse? store = PerMessage(samples, n, static sample => sample.Store);
        StoreUse? adds = PerMessage(samples, n, static sample => sample.StoreForAdds);
        return new BenchResult
        {
            Scenario = scenario,
            Backend = context.BackendName,
            N = n,
            Seconds = median.Seconds,
            PerSecond = n / median.Seconds,
            CpuNanosecondsPerMessage = median.CpuSeconds * 1e9 / n,
            PauseShare = median.PauseSeconds / median.Seconds,
            AllocatedBytesPerMessage = (double)median.Bytes / n,
            WorkItemsPerMessage = (double)median.WorkItems / n,
            ContentionsPerThousand = 1000.0 * median.Contentions / n,
            PeakRssMb = PeakMemory.Read(),
            Range = (n / samples[^1].Seconds, n / samples[0].Seconds),
            Baseline = limit is null ? null : Describe(limit.Name, limits, share),
            BaselineShare = share,
            StorePerMessage = store,
            StoreLifeMicroseconds = (store + adds)?.Microseconds,
            Notes = store is null || adds is null ? [] : [Describe(scenario, adds.Value, store.Value)],
        };
    }

    // Null when one of the rounds has none.
    private static StoreUse? PerMessage(Sample[] samples, int n, Func<Sample, StoreUse?> use) =>
        samples.Select(use).Aggregate((StoreUse?)StoreUse.Zero, static (sum, one) => sum + one) / ((double)n * samples.Length);

    private static string Describe(string name, double[] limits, double? share) => string.Create(
        CultureInfo.InvariantCulture,
        $"{share * 100:N0} % of {name} {Median.Of(limits):N0}/s ({limits.Min():N0}..{limits.Max():N0})");

    private static string Describe(string scenario, StoreUse adds, StoreUse consume)
    {
        string[] parts =
        [
            .. Part("store CPU in us", "N2", adds.Microseconds, consume.Microseconds),
            .. Part("network in B", "N0", adds.NetBytes, consume.NetBytes),
            .. Part("requests", "N3", adds.Requests, consume.Requests),
        ];
        return $"{scenario}: a message's life: {string.Join("; ", parts)}";

        static IEnumerable<string> Part(string what, string format, double? add, double? consume)
        {
            if (add + consume is { } sum)
            {
                yield return $"{what} {Text(sum)}: add {Text(add!.Value)}, consume {Text(consume!.Value)}";
            }

            string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        }
    }

    // Short rounds, several times: each tier of the JIT is left only between rounds of calls.
    private static async Task WarmUpAsync(int n, Func<int, Task<Sample>> round)
    {
        int size = Math.Max(1, n / 10);
        long start = Stopwatch.GetTimestamp();
        do
        {
            await round(size);
        }
        while (Stopwatch.GetElapsedTime(start) < BenchContext.WarmUp);
    }
}

using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>Warm-up, then measured rounds, of which the median counts.</summary>
internal static class Rounds
{
    /// <summary>Runs a throughput scenario.</summary>
    /// <param name="context">The context.</param>
    /// <param name="scenario">Its name in the result.</param>
    /// <param name="n">Messages per round.</param>
    /// <param name="round">Runs one round of so many messages on a queue of its own.</param>
    public static async Task<BenchResult> RunAsync(
        BenchContext context,
        string scenario,
        int n,
        Func<int, Task<Sample>> round)
    {
        await WarmUpAsync(n, round);
        var samples = new Sample[context.Options.Rounds];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = await round(n);
        }

        Array.Sort(samples, static (a, b) => a.Seconds.CompareTo(b.Seconds));
        Sample median = samples[samples.Length / 2];
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
            PeakRssMb = PeakMemory.Read(),
            Range = (n / samples[^1].Seconds, n / samples[0].Seconds),
        };
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

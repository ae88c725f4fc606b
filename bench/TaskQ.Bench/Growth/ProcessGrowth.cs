using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Growth;

/// <summary>A backlog drained by 1, 2 and 4 processes, each this program with the scenario <c>consume</c>.</summary>
internal static class ProcessGrowth
{
    private static readonly int[] Counts = [1, 2, 4];

    public static async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        int n = context.N(1_000_000, 400_000);
        var results = new List<BenchResult>();
        foreach (int processes in Counts)
        {
            var samples = new List<Sample>();
            for (var round = 0; round < context.Options.Rounds; round++)
            {
                samples.Add(await RoundAsync(context, n, processes));
            }

            double seconds = Median.Of(samples.Select(static sample => sample.Seconds));
            double? store = samples.Select(static sample => sample.Store).Aggregate(static (a, b) => a + b)?.Microseconds / n / samples.Count;
            results.Add(new BenchResult
            {
                Scenario = $"growth.processes-{processes}",
                Backend = context.BackendName,
                N = n,
                Seconds = seconds,
                PerSecond = n / seconds,
                Range = (n / samples.Max(static sample => sample.Seconds), n / samples.Min(static sample => sample.Seconds)),
                CpuNanosecondsPerMessage = Median.Of(samples.Select(sample => sample.CpuSeconds * 1e9 / n)),
                StorePerMessage = store is null ? null : new StoreUse(store, null),
            });
        }

        return results;
    }

    private static async Task<Sample> RoundAsync(BenchContext context, int n, int count)
    {
        await using BenchQueue bench = context.Open();
        var task = new NoopTask(bench.Queue, static (_, _) => { }, context.Options.Typed);
        await Backlog.AddAsync(bench.Queue, n, task.Make);
        Process[] processes = [.. Enumerable.Range(0, count).Select(_ => Start(context, bench.Queue.Name))];
        try
        {
            await Task.WhenAll(processes.Select(static process => process.StandardOutput.ReadLineAsync()));
            StoreUse? before = await context.ReadStoreAsync();
            long start = Stopwatch.GetTimestamp();
            foreach (Process process in processes)
            {
                await process.StandardInput.WriteLineAsync("go");
            }

            double cpu = 0;
            long ran = 0;
            long last = start;
            foreach (Process process in processes)
            {
                // When its last message ran, how many did, and its processor time.
                string[] said = (await process.StandardOutput.ReadLineAsync() ?? throw new BenchException("A consumer process ended.")).Split(' ');
                last = Math.Max(last, long.Parse(said[0], CultureInfo.InvariantCulture));
                ran += long.Parse(said[1], CultureInfo.InvariantCulture);
                cpu += double.Parse(said[2], CultureInfo.InvariantCulture);
            }

            StoreUse? used = await context.ReadStoreAsync() - before;
            await StoredCheck.RunAsync(bench.Queue, 0);
            return ran == n
                ? new Sample(Stopwatch.GetElapsedTime(start, last).TotalSeconds, cpu, 0, 0) { Store = used }
                : throw new BenchException($"{n} messages were added, {ran} ran in {count} processes.");
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill();
                process.Dispose();
            }
        }
    }

    private static Process Start(BenchContext context, string queue) => Process.Start(
        new ProcessStartInfo(
            Environment.ProcessPath!,
            ["consume", "--json", "--backend", context.Options.Backend, "--queue", queue, .. context.Store!.Arguments!])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}

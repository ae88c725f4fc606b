using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Scenarios;

/// <summary>An idle consumer and one message each 10 ms: from the call of add to the start of the handler.</summary>
internal sealed class LatencyScenario : IScenario
{
    private const int WarmUpMessages = 300;
    private const int BareCalls = 100;
    private const int WarmUpNumber = -1;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Name => "latency";

    public string Description => "an idle consumer, one message each 10 ms: from the add to the start of the handler";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        int n = context.Options.N ?? 500;
        int all = n + WarmUpMessages;
        var added = new long[all];
        var started = new long[all];
        await using BenchQueue bench = context.OpenPair();
        var counter = new CompletionCounter(all);
        using var warmUps = new SemaphoreSlim(0);
        var task = new NoopTask(
            bench.Queue,
            (text, number) =>
            {
                if (number == WarmUpNumber)
                {
                    warmUps.Release();
                    return;
                }

                started[number] = Stopwatch.GetTimestamp();
                counter.Handle(text, number);
            },
            context.Options.Typed);

        NoopTask produced = bench.ProducerTask(task, context.Options.Typed);
        await bench.Queue.StartAsync();
        await WarmUpAsync(() => bench.Producer.AddAsync(produced.Make(WarmUpNumber)), warmUps);
        Meter meter = Meter.Start();
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        for (var i = 0; i < all; i++)
        {
            await timer.WaitForNextTickAsync();
            TaskMessage message = produced.Make(i);
            added[i] = Stopwatch.GetTimestamp();
            await bench.Producer.AddAsync(message);
        }

        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        await bench.StopAndCheckAsync(counter);

        double[] latencies = [.. Enumerable.Range(WarmUpMessages, n)
            .Select(i => Stopwatch.GetElapsedTime(added[i], started[i]).TotalMilliseconds)
            .Order()];
        return
        [
            new BenchResult
            {
                Scenario = Name,
                Backend = context.BackendName,
                N = n,
                Seconds = sample.Seconds,
                P50Ms = Percentile.Of(latencies, 0.50),
                P99Ms = Percentile.Of(latencies, 0.99),
                AllocatedBytesPerMessage = (double)sample.Bytes / all,
                PeakRssMb = PeakMemory.Read(),
                Baseline = await BaselineAsync(context),
            },
        ];
    }

    /// <summary>The JIT has its time: one message after the other, each to an idle consumer. What only runs at the pace that is measured has its time after it.</summary>
    private static async Task WarmUpAsync(Func<Task> addAsync, SemaphoreSlim ran)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < BenchContext.WarmUp)
        {
            await addAsync();
            if (!await ran.WaitAsync(Patience))
            {
                throw new BenchException($"A message of the warm-up did not run within {Patience}.");
            }
        }
    }

    private static async Task<string> BaselineAsync(BenchContext context)
    {
        IBareStore store = await context.BareStoreAsync();
        double[] calls = await store.LatenciesAsync(BareCalls, Interval);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{store.CallName} p50 {Percentile.Of(calls, 0.50):N3}, p99 {Percentile.Of(calls, 0.99):N3} ms");
    }
}

using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Probe;

namespace TaskQ.Bench.Scenarios;

/// <summary>
/// In memory: what the store keeps for a delayed message over its payload, in bytes of managed heap. In another process: how
/// late messages start, all due at once and one by one.
/// </summary>
/// <remarks>
/// The payload is what the core hands to a backend: the message itself, or its frame. It is measured by a store that
/// keeps that in an array and nothing else. Allocated bytes in the result are those that stay, over the payload.
/// </remarks>
internal sealed class DelayedScenario : IScenario
{
    private const double Bound = 200;

    public string Name => "delayed";

    public string Description => "memory: bytes that a delayed message keeps over its payload; redis: how late they start";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) => context.IsMemory
        ? await KeepAsync(context)
        : [await DueAtOnce.RunAsync(context, context.Options.N ?? 100_000), await DueApart.RunAsync(context)];

    private async Task<IReadOnlyList<BenchResult>> KeepAsync(BenchContext context)
    {
        int n = context.N(1_000_000);
        double payload = await PayloadAsync(context, n);

        await using BenchQueue bench = context.Open();
        var task = new NoopTask(bench.Queue, static (_, _) => { }, context.Options.Typed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long start = Stopwatch.GetTimestamp();
        await AddAsync(bench.Queue, task, n);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double kept = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / n;
        await StoredCheck.RunAsync(bench.Queue, n);
        return
        [
            new BenchResult
            {
                Scenario = Name,
                Backend = context.BackendName,
                N = n,
                Seconds = seconds,
                PerSecond = n / seconds,
                AllocatedBytesPerMessage = kept - payload,
                PeakRssMb = PeakMemory.Read(),
                Target = new Target("<= 200 B over payload", kept - payload <= Bound),
                Notes = [string.Create(
                    CultureInfo.InvariantCulture,
                    $"delayed: {kept:N1} B kept per message, {payload:N1} B of it payload")],
            },
        ];
    }

    private static async Task<double> PayloadAsync(BenchContext context, int n)
    {
        await using var factory = new ProbeQueueFactory(new ProbeBackend(!context.Options.Encoded, n));
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "payload" });
        var task = new NoopTask(queue, static (_, _) => { }, context.Options.Typed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await AddAsync(queue, task, n);
        return (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / n;
    }

    private static async Task AddAsync(TaskQueue queue, NoopTask task, int n)
    {
        for (var i = 0; i < n; i++)
        {
            await queue.AddAsync(task.Make(i).WithDelay(TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(i)));
        }
    }
}

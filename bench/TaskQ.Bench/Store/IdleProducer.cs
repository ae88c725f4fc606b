using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Store;

/// <summary>A part of <c>idle</c>: what an application that only adds sends when it adds nothing. Seconds and per second as there.</summary>
internal static class IdleProducer
{
    private const int Adds = 1000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public static async Task<BenchResult> RunAsync(BenchContext context, int wallSeconds)
    {
        await using BenchQueue bench = context.Open();
        var task = new NoopTask(bench.Queue, static (_, _) => { }, context.Options.Typed);
        await Producers.RunAsync(Adds, i => bench.Queue.AddAsync(task.Make(i)));
        await Task.Delay(Settling, TimeProvider.System);

        using ICallMonitor monitor = await context.Store!.MonitorAsync();
        TimeSpan before = CpuTime.Read();
        await Task.Delay(TimeSpan.FromSeconds(wallSeconds), TimeProvider.System);
        double cpu = (CpuTime.Read() - before).TotalSeconds;
        IReadOnlyDictionary<string, int> calls = await monitor.StopAsync();
        await StoredCheck.RunAsync(bench.Queue, Adds);
        return new BenchResult
        {
            Scenario = "idle.producer",
            Backend = context.BackendName,
            N = wallSeconds,
            Seconds = cpu,
            PerSecond = cpu / wallSeconds,
            PeakRssMb = PeakMemory.Read(),
            Target = new Target("0 calls", calls.Count == 0),
            Notes = [CallText.Describe("idle.producer", context.Store.CallName, calls, wallSeconds)],
        };
    }
}

using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>A backlog, then the consumer with default options: from its start to the last handler.</summary>
internal sealed class DrainScenario : IScenario
{
    public string Name => "drain";

    public string Description => "a backlog of no-op messages, from the start of the consumer to the last handler";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
        [await Rounds.RunAsync(context, Name, context.N(1_000_000, 400_000), n => RoundAsync(context, n), (await context.BareStoreAsync()).Take)];

    /// <summary>One round.</summary>
    public static async Task<Sample> RoundAsync(BenchContext context, int n, Action<QueueOptions>? configure = null)
    {
        await using BenchQueue bench = context.Open(configure);
        var counter = new CompletionCounter(n);
        var task = new NoopTask(bench.Queue, counter.Handle, context.Options.Typed);
        StoreUse? before = await context.ReadStoreAsync();
        await Backlog.AddAsync(bench.Queue, n, task.Make);
        StoreUse? adds = await context.ReadStoreAsync() - before;
        RoundMeter meter = await RoundMeter.StartAsync(context);
        await bench.Queue.StartAsync();
        await counter.WaitAsync();
        Sample sample = meter.Stop(counter.EndTimestamp);
        await bench.StopAndCheckAsync(counter);
        return await meter.WithStoreAsync(sample with { StoreForAdds = adds });
    }
}

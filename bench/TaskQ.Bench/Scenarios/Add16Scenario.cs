using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>Sixteen producers, each awaits its adds; no consumer.</summary>
internal sealed class Add16Scenario : IScenario
{
    public string Name => "add16";

    public string Description => "16 concurrent producers, each awaits its adds";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
        [await Rounds.RunAsync(context, Name, context.N(1_000_000), n => RoundAsync(context, n), (await context.BareStoreAsync()).Add)];

    private static async Task<Sample> RoundAsync(BenchContext context, int n)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        TaskQueue queue = bench.Queue;
        var task = new NoopTask(queue, static (_, _) => { }, context.Options.Typed);
        RoundMeter meter = await RoundMeter.StartAsync(context);
        await Producers.RunAsync(n, i => queue.AddAsync(task.Make(i)));
        Sample sample = await meter.WithStoreAsync(meter.Stop());
        await StoredCheck.RunAsync(queue, n);
        return sample;
    }
}

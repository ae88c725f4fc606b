using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>One producer that adds a thousand messages per call; no consumer.</summary>
internal sealed class AddRangeScenario : IScenario
{
    private const int BatchSize = 1000;

    public string Name => "addrange";

    public string Description => "one producer adds 1,000 messages per call";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
        [await Rounds.RunAsync(context, Name, context.N(1_000_000, 400_000), n => RoundAsync(context, n), (await context.BareStoreAsync()).Add)];

    private static async Task<Sample> RoundAsync(BenchContext context, int n)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        var task = new NoopTask(bench.Queue, static (_, _) => { }, context.Options.Typed);
        RoundMeter meter = await RoundMeter.StartAsync(context);
        for (var from = 0; from < n; from += BatchSize)
        {
            await bench.Queue.AddRangeAsync(task.MakeMany(from, Math.Min(BatchSize, n - from)));
        }

        Sample sample = await meter.WithStoreAsync(meter.Stop());
        await StoredCheck.RunAsync(bench.Queue, n);
        return sample;
    }
}

using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>One producer that awaits each add; no consumer.</summary>
internal sealed class AddScenario : IScenario
{
    public string Name => "add";

    public string Description => "one producer awaits each add";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) =>
        [await Rounds.RunAsync(context, Name, context.N(1_000_000, 50_000), n => RoundAsync(context, n), (await context.BareStoreAsync()).Call)];

    private static async Task<Sample> RoundAsync(BenchContext context, int n)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        var task = new NoopTask(bench.Queue, static (_, _) => { }, context.Options.Typed);
        RoundMeter meter = await RoundMeter.StartAsync(context);
        for (var i = 0; i < n; i++)
        {
            await bench.Queue.AddAsync(task.Make(i));
        }

        Sample sample = await meter.WithStoreAsync(meter.Stop());
        await StoredCheck.RunAsync(bench.Queue, n);
        return sample;
    }
}

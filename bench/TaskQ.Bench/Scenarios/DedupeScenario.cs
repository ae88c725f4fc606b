using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>The adds of <c>add16</c>, each under a name of its own: the difference is the price of a name.</summary>
internal sealed class DedupeScenario : IScenario
{
    public string Name => "dedupe";

    public string Description => "16 concurrent producers, each message under a name of its own";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        int most = context.N(500_000);
        string[] names = [.. Enumerable.Range(0, most).Select(i => i.ToString("'order-'0", CultureInfo.InvariantCulture))];
        return [await Rounds.RunAsync(context, Name, most, n => RoundAsync(context, names, n), (await context.BareStoreAsync()).Add)];
    }

    private static async Task<Sample> RoundAsync(BenchContext context, string[] names, int n)
    {
        await using BenchQueue bench = context.Open();
        await bench.ConnectAsync();
        TaskQueue queue = bench.Queue;
        var task = new NoopTask(queue, static (_, _) => { }, context.Options.Typed);
        RoundMeter meter = await RoundMeter.StartAsync(context);
        await Producers.RunAsync(n, i => queue.AddAsync(task.Make(i).WithName(names[i])));
        Sample sample = await meter.WithStoreAsync(meter.Stop());

        AddResult again = await queue.AddAsync(task.Make(0).WithName(names[0]));
        if (!again.IsDuplicate)
        {
            throw new BenchException($"A second message named '{names[0]}' was added.");
        }

        await StoredCheck.RunAsync(queue, n);
        return sample;
    }
}

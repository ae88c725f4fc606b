using TaskQ.Bench.Measure;
using TaskQ.Bench.Memory;

namespace TaskQ.Bench.Scenarios;

/// <summary>The baseline of <c>roundtrip</c>: the same producers and handler over a bare channel.</summary>
internal sealed class ChannelScenario : IScenario
{
    public string Name => "channel";

    public string Description => "baseline of roundtrip: 16 producers, a bare unbounded channel, one reader";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        BenchResult result = await Rounds.RunAsync(context, Name, context.Options.N ?? 2_000_000, RoundAsync);
        return [result with { Backend = "none" }];
    }

    private static async Task<Sample> RoundAsync(int n)
    {
        var load = new ChannelLoad(n);
        Task reading = Task.Run(load.ReadAsync);
        Meter meter = Meter.Start();
        await load.WriteByAllAsync();
        await reading;
        return meter.Stop();
    }
}

using TaskQ.Bench.Scale;

namespace TaskQ.Bench.Scenarios;

/// <summary>The autoscaling table of the design as real runs. By default a short subset; with <c>--full</c> all of it.</summary>
internal sealed class ScaleScenario : IScenario
{
    private static readonly IScaleLoad[] Loads =
    [
        new WaitingLoad("wait-100ms", TimeSpan.FromMilliseconds(100), reachWithin: 5, shareOfFixed: 0.95, busyAtStart: false),
        new WaitingLoad("wait-1s", TimeSpan.FromSeconds(1), reachWithin: 10, shareOfFixed: null, busyAtStart: false),
        new CpuLoad(),
        new BurstLoad(),
        new SteadyLoad(),
        new WaitingLoad("busy-start", TimeSpan.FromMilliseconds(100), reachWithin: 5, shareOfFixed: 0.95, busyAtStart: true),
        new StuckLoad(),
    ];

    public string Name => "scale";

    public string Description => "the autoscaling table: workers over time, time to the bound, throughput against fixed workers";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context)
    {
        var results = new List<BenchResult>();
        foreach (IScaleLoad load in Loads.Where(l => l.InQuick || context.Options.Full))
        {
            await Console.Error.WriteLineAsync($"  {load.Name}");
            results.Add(await load.RunAsync(context));
        }

        return results;
    }
}

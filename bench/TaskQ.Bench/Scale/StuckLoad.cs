using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scale;

/// <summary>Handlers that never return: nothing is completed, so only the waiting time can tell.</summary>
internal sealed class StuckLoad : IScaleLoad
{
    private const int MaxWorkers = 64;

    public string Name => "stuck";

    public bool InQuick => true;

    public async Task<BenchResult> RunAsync(BenchContext context)
    {
        await using var run = new ScaleRun(context, 1, MaxWorkers, HandleAsync);
        await run.AddAsync(1000);
        await run.StartAsync();
        await run.UntilAsync(static s => s.Workers >= MaxWorkers, 40);
        double? first = run.FirstTime(static s => s.Workers >= 16);
        double? all = run.FirstTime(static s => s.Workers >= MaxWorkers);
        return new BenchResult
        {
            Scenario = $"scale.{Name}",
            Backend = context.BackendName,
            N = 0,
            Seconds = all,
            PeakRssMb = PeakMemory.Read(),
            Target = new Target("16 in 10 s, 64 in 30 s", first <= 10 && all <= 30),
            Notes =
            [
                $"scale.{Name}: 16 workers after {ScaleText.Seconds(first)}, {MaxWorkers} after {ScaleText.Seconds(all)}",
                $"scale.{Name}: workers {run.Series()}",
            ],
        };
    }

    private static Task HandleAsync(int number, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
}

using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scale;

/// <summary>A constant arrival of 200 messages a second whose handlers wait 100 ms: 20 workers are needed.</summary>
internal sealed class SteadyLoad : IScaleLoad
{
    private const int PerSecond = 200;
    private const double Length = 60;
    private const double SteadyFrom = 30;
    private static readonly TimeSpan HandlerTime = TimeSpan.FromMilliseconds(100);

    public string Name => "steady";

    public bool InQuick => false;

    public async Task<BenchResult> RunAsync(BenchContext context)
    {
        await using var run = new ScaleRun(context, 1, 64, HandleAsync);
        await run.StartAsync();
        var added = 0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        while (run.Elapsed < Length && await timer.WaitForNextTickAsync())
        {
            int due = (int)(run.Elapsed * PerSecond) - added;
            await run.AddAsync(due);
            added += due;
        }

        (int min, int max, double mean) = run.WorkersSince(SteadyFrom);
        return new BenchResult
        {
            Scenario = $"scale.{Name}",
            Backend = context.BackendName,
            N = run.Last()?.Processed ?? 0,
            Seconds = run.Last()?.Seconds,
            PerSecond = run.RateSince(SteadyFrom),
            PeakRssMb = PeakMemory.Read(),
            Target = new Target("within +-1 worker", max - min <= 2),
            Notes =
            [
                FormattableString.Invariant(
                    $"scale.{Name}: {min}..{max} workers, mean {mean:0.0}, from second {SteadyFrom} on; 20 are needed"),
                $"scale.{Name}: workers {run.Series()}",
            ],
        };
    }

    private static Task HandleAsync(int number, CancellationToken cancellationToken) =>
        Task.Delay(HandlerTime, TimeProvider.System, cancellationToken);
}

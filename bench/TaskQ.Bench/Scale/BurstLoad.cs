using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scale;

/// <summary>A burst, then nothing: how long until the workers are gone.</summary>
internal sealed class BurstLoad : IScaleLoad
{
    private const int Burst = 8000;
    private const int MaxWorkers = 64;
    private const double BackWithin = 30;
    private static readonly TimeSpan HandlerTime = TimeSpan.FromMilliseconds(50);

    public string Name => "burst";

    public bool InQuick => false;

    public async Task<BenchResult> RunAsync(BenchContext context)
    {
        await using var run = new ScaleRun(context, 1, MaxWorkers, HandleAsync);
        await run.AddAsync(Burst);
        await run.StartAsync();
        await run.UntilAsync(static s => s.Processed >= Burst, 60);
        double done = run.FirstTime(static s => s.Processed >= Burst)
            ?? throw new BenchException($"The burst was not done after {ScaleText.Seconds(run.Elapsed)}.");
        int most = run.WorkersSince(0).Max;
        await run.UntilAsync(static s => s.Workers <= 1, done + BackWithin + 10);
        double? back = run.FirstTime(static s => s.Workers <= 1, after: done) - done;
        return new BenchResult
        {
            Scenario = $"scale.{Name}",
            Backend = context.BackendName,
            N = Burst,
            Seconds = done,
            PerSecond = Burst / done,
            PeakRssMb = PeakMemory.Read(),
            Target = new Target("1 worker 30 s after", back <= BackWithin),
            Notes =
            [
                $"scale.{Name}: up to {most} workers, back to 1 {ScaleText.Seconds(back)} after the last message",
                $"scale.{Name}: workers {run.Series()}",
            ],
        };
    }

    private static Task HandleAsync(int number, CancellationToken cancellationToken) =>
        Task.Delay(HandlerTime, TimeProvider.System, cancellationToken);
}

using System.Globalization;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scale;

/// <summary>A deep backlog of handlers that wait. Reached: when the bound is. Against fixed: the time for the whole backlog.</summary>
internal sealed class WaitingLoad(
    string name,
    TimeSpan handlerTime,
    double reachWithin,
    double? shareOfFixed,
    bool busyAtStart) : IScaleLoad
{
    private const int Backlog = 40_000;
    private const int MaxWorkers = 64;
    private static readonly TimeSpan BusyTime = TimeSpan.FromSeconds(10);

    public string Name => name;

    public bool InQuick => shareOfFixed is not null && !busyAtStart;

    public async Task<BenchResult> RunAsync(BenchContext context)
    {
        bool whole = context.Options.Full && shareOfFixed is not null;
        await using ScaleRun auto = await RunAsync(context, 1, whole ? 120 : 15);
        double? reached = auto.FirstTime(s => s.Workers >= MaxWorkers);
        double rate = auto.RateSince(auto.Elapsed * 2 / 3);

        // The fixed run must not share the machine with it.
        await auto.StopAsync();
        double seconds = ForAll(auto, rate);

        double share = 1;
        string? baseline = null;
        if (shareOfFixed is not null)
        {
            await using ScaleRun fixedRun = await RunAsync(context, MaxWorkers, whole ? 120 : 5);
            double fixedRate = fixedRun.RateSince(1);
            share = ForAll(fixedRun, fixedRate) / seconds;
            baseline = $"fixed {MaxWorkers}: {ScaleText.Rate(fixedRate)}";
        }

        bool met = reached <= reachWithin && share >= (shareOfFixed ?? 0);
        string bound = shareOfFixed is { } least
            ? string.Create(CultureInfo.InvariantCulture, $"{MaxWorkers} in {reachWithin} s, >= {least:P0} of fixed")
            : string.Create(CultureInfo.InvariantCulture, $"{MaxWorkers} in {reachWithin} s");
        return new BenchResult
        {
            Scenario = $"scale.{Name}",
            Backend = context.BackendName,
            N = auto.Last()?.Processed ?? 0,
            Seconds = auto.Last()?.Seconds,
            PerSecond = rate,
            PeakRssMb = PeakMemory.Read(),
            Baseline = baseline,
            Target = new Target(bound, met),
            Notes =
            [
                $"scale.{Name}: {MaxWorkers} workers after {ScaleText.Seconds(reached)}, the backlog of {Backlog} in "
                + $"{ScaleText.Seconds(seconds)}{(whole ? "" : " (projected)")}"
                + (shareOfFixed is null ? "" : $", {ScaleText.Share(share)} of fixed"),
                $"scale.{Name}: workers {auto.Series()}",
            ],
        };
    }

    private async Task<ScaleRun> RunAsync(BenchContext context, int minWorkers, double seconds)
    {
        var run = new ScaleRun(context, minWorkers, MaxWorkers, HandleAsync);
        await run.AddAsync(Backlog);
        if (busyAtStart)
        {
            CpuBurner.OccupyCores(BusyTime);
        }

        await run.StartAsync();
        await run.UntilAsync(static s => s.Processed >= Backlog, seconds);
        return run;
    }

    // Where the run was cut short: what is left, at the rate that was reached.
    private static double ForAll(ScaleRun run, double rate)
    {
        ScaleSample last = run.Last() ?? default;
        return last.Processed >= Backlog
            ? run.FirstTime(static s => s.Processed >= Backlog) ?? last.Seconds
            : last.Seconds + ((Backlog - last.Processed) / rate);
    }

    private Task HandleAsync(int number, CancellationToken cancellationToken) =>
        Task.Delay(handlerTime, TimeProvider.System, cancellationToken);
}

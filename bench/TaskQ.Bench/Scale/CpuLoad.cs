using System.Globalization;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scale;

/// <summary>A deep backlog of handlers that compute for 5 ms, against several fixed numbers of workers.</summary>
internal sealed class CpuLoad : IScaleLoad
{
    private const int Backlog = 40_000;
    private const double ShareOfBest = 0.9;
    private readonly CpuBurner _burner = new(TimeSpan.FromMilliseconds(5));

    public string Name => "cpu";

    public bool InQuick => true;

    public async Task<BenchResult> RunAsync(BenchContext context)
    {
        int cores = Environment.ProcessorCount;
        int[] settings = context.Options.Full ? [1, cores, 2 * cores, 4 * cores, 8 * cores] : [cores, 2 * cores];
        double best = 0;
        var bestSetting = 0;
        var notes = new List<string>();
        foreach (int workers in settings)
        {
            await using ScaleRun fixedRun = await RunAsync(context, workers, workers, 4);
            double fixedRate = fixedRun.RateSince(1);
            notes.Add($"scale.{Name}: fixed {workers}: {ScaleText.Rate(fixedRate)}");
            (best, bestSetting) = fixedRate > best ? (fixedRate, workers) : (best, bestSetting);
        }

        double length = context.Options.Full ? 30 : 15;
        await using ScaleRun auto = await RunAsync(context, 1, null, length);
        double rate = auto.RateSince(length / 2);
        (int min, int max, double mean) = auto.WorkersSince(length / 2);
        notes.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"scale.{Name}: settled at {min}..{max} workers, mean {mean:0.0}, {rate / best:P1} of the best fixed setting"));
        notes.Add($"scale.{Name}: workers {auto.Series()}");
        return new BenchResult
        {
            Scenario = $"scale.{Name}",
            Backend = context.BackendName,
            N = auto.Last()?.Processed ?? 0,
            Seconds = auto.Last()?.Seconds,
            PerSecond = rate,
            PeakRssMb = PeakMemory.Read(),
            Baseline = $"fixed {bestSetting}: {ScaleText.Rate(best)}",
            Target = new Target(
                $"about {cores} workers, >= 90 % of best fixed",
                mean <= 2 * cores && rate >= ShareOfBest * best),
            Notes = notes,
        };
    }

    private async Task<ScaleRun> RunAsync(BenchContext context, int minWorkers, int? maxWorkers, double seconds)
    {
        var run = new ScaleRun(context, minWorkers, maxWorkers, Handle);
        await run.AddAsync(Backlog);
        await run.StartAsync();
        await run.ForAsync(seconds);
        return run;
    }

    private void Handle(int number) => _burner.Burn();
}

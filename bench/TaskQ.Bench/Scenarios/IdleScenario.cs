using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Scenarios;

/// <summary>The CPU time of a consumer that has nothing to do. Here n is wall seconds and per second is the share of one core.</summary>
internal sealed class IdleScenario : IScenario
{
    private const double Bound = 0.005;

    // What runs once a second is compiled anew after thirty of them: two thirds of an idle consumer's first minute are the compiler's.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(45);

    public string Name => "idle";

    public string Description => "CPU seconds of a started, idle consumer in n wall seconds; per second is the share of one core";

    public async Task<IReadOnlyList<BenchResult>> RunAsync(BenchContext context) => context.Store is null
        ? [await ConsumeAsync(context)]
        : [await ConsumeAsync(context), await IdleProducer.RunAsync(context, Seconds(context))];

    private static int Seconds(BenchContext context) => context.Options.N ?? (context.IsMemory ? 10 : 20);

    private async Task<BenchResult> ConsumeAsync(BenchContext context)
    {
        int wallSeconds = Seconds(context);
        await using BenchQueue bench = context.Open();
        var counter = new CompletionCounter(1000);
        var task = new NoopTask(bench.Queue, counter.Handle, context.Options.Typed);
        await bench.Queue.StartAsync();

        // Some work first, so that what is measured is a consumer that has run, and not its first use.
        await Backlog.AddAsync(bench.Queue, counter.Expected, task.Make);
        await counter.WaitAsync();
        await Task.Delay(Settling, TimeProvider.System);

        using ICallMonitor? monitor = context.Store is null ? null : await context.Store.MonitorAsync();
        Meter meter = Meter.Start();
        TimeSpan before = CpuTime.Read();
        await Task.Delay(TimeSpan.FromSeconds(wallSeconds), TimeProvider.System);
        double cpu = (CpuTime.Read() - before).TotalSeconds;
        double share = cpu / meter.Stop().Seconds;
        Target target = new("< 0.5 % CPU", share < Bound);
        var notes = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"idle: {share:P3} of one core over {wallSeconds} s"),
        };
        if (monitor is not null)
        {
            IReadOnlyDictionary<string, int> calls = await monitor.StopAsync();
            double most = context.Store!.MostIdleCalls;
            double rate = (double)calls.Values.Sum() / wallSeconds;
            target = Target.All(target, new Target($"<= {most} calls/s", rate <= most));
            notes.Add(CallText.Describe(Name, context.Store.CallName, calls, wallSeconds));
        }

        await bench.StopAndCheckAsync(counter);
        return new BenchResult
        {
            Scenario = Name,
            Backend = context.BackendName,
            N = wallSeconds,
            Seconds = cpu,
            PerSecond = share,
            PeakRssMb = PeakMemory.Read(),
            Target = target,
            Notes = notes,
        };
    }
}

using System.Diagnostics;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>A part of <c>delayed</c>: messages that fall due one by one on an idle consumer, and how late each starts.</summary>
internal static class DueApart
{
    private const int Count = 500;
    private const double Bound = 20;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(23.7);

    public static async Task<BenchResult> RunAsync(BenchContext context)
    {
        var started = new long[Count];
        await using BenchQueue bench = context.OpenPair();
        var counter = new CompletionCounter(Count);
        var task = new NoopTask(
            bench.Queue,
            (text, number) =>
            {
                started[number] = Stopwatch.GetTimestamp();
                counter.Handle(text, number);
            },
            context.Options.Typed);
        NoopTask produced = bench.ProducerTask(task, context.Options.Typed);

        // The code of adding and of handling, not of waiting: that is what an idle consumer has.
        await DrainScenario.RoundAsync(context, Count);
        await bench.Queue.StartAsync();

        var clock = new DueClock();
        DateTimeOffset Due(int i) => clock.Start + First + (i * Interval);
        await bench.Producer.AddRangeAsync(Enumerable.Range(0, Count).Select(i => produced.Make(i).WithSchedule(Due(i))));
        await counter.WaitAsync();
        await bench.StopAndCheckAsync(counter);

        double[] late = [.. started.Select((timestamp, i) => clock.LateMs(timestamp, Due(i))).Order()];
        if (late[0] < -1)
        {
            throw new BenchException($"A message started {-late[0]} ms early.");
        }

        double p99 = Percentile.Of(late, 0.99);
        return new BenchResult
        {
            Scenario = "delayed.apart",
            Backend = context.BackendName,
            N = Count,
            P50Ms = Percentile.Of(late, 0.50),
            P99Ms = p99,
            PeakRssMb = PeakMemory.Read(),
            Target = new Target("p99 late <= 20 ms", p99 <= Bound),
        };
    }
}

using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>A part of <c>delayed</c>: messages that fall due one by one on an idle consumer, and how late each starts; then the same of retries.</summary>
internal static class DueApart
{
    private const int Count = 500;
    private const double Bound = 20;
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(23.7);

    // Between two others.
    private static readonly TimeSpan RetryDelay = 20.5 * Interval;

    public static async Task<BenchResult> RunAsync(BenchContext context)
    {
        double[] late = await LateAsync(context, retried: false);
        double[] retries = await LateAsync(context, retried: true);
        double p99 = Percentile.Of(late, 0.99);
        double retriesP99 = Percentile.Of(retries, 0.99);
        return new BenchResult
        {
            Scenario = "delayed.apart",
            Backend = context.BackendName,
            N = Count,
            P50Ms = Percentile.Of(late, 0.50),
            P99Ms = p99,
            PeakRssMb = PeakMemory.Read(),
            Target = Target.All(
                new Target("p99 late <= 20 ms", p99 <= Bound),
                new Target("retries <= 20 ms", retriesP99 <= Bound)),
            Notes =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"delayed.apart: {Count} retries started {Percentile.Of(retries, 0.50):N2} ms late (p50), {retriesP99:N2} ms (p99)"),
            ],
        };
    }

    /// <summary>How many milliseconds late each started, in order: its first run, or the one after a failure and a delay.</summary>
    private static async Task<double[]> LateAsync(BenchContext context, bool retried)
    {
        var started = new long[Count];
        var failed = new long[Count];
        await using BenchQueue bench = context.OpenPair();
        var counter = new CompletionCounter(Count);
        var task = new NoopTask(
            bench.Queue,
            (text, number) =>
            {
                long now = Stopwatch.GetTimestamp();
                if (retried && failed[number] == 0)
                {
                    failed[number] = now;
                    throw new RetryAfterException(RetryDelay, "once");
                }

                started[number] = now;
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
        if (!retried)
        {
            await bench.StopAndCheckAsync(counter);
        }
        else if (counter.Count != Count || bench.Queue.Consumer.Stats is not { Retries: Count, Failures: 0 })
        {
            throw new BenchException($"{Count} messages failed once, {counter.Count} ran to their end: {bench.Queue.Consumer.Stats}.");
        }

        double[] late =
        [
            .. started.Select((timestamp, i) => retried
                ? (Stopwatch.GetElapsedTime(failed[i], timestamp) - RetryDelay).TotalMilliseconds
                : clock.LateMs(timestamp, Due(i))).Order(),
        ];
        return late[0] < -1 ? throw new BenchException($"A message started {-late[0]} ms early.") : late;
    }
}

using System.Diagnostics;
using System.Globalization;
using TaskQ.Bench.Load;
using TaskQ.Bench.Measure;

namespace TaskQ.Bench.Scenarios;

/// <summary>A part of <c>delayed</c>: many messages that fall due at once, and beside each round one of <c>drain</c>.</summary>
internal static class DueAtOnce
{
    private const double FirstBound = 20;
    private const double ShareBound = 0.8;
    private const int Tries = 4;

    public static async Task<BenchResult> RunAsync(BenchContext context, int n)
    {
        await RoundAsync(context, Math.Max(1, n / 10));
        await DrainScenario.RoundAsync(context, n);
        var rounds = new Due[context.Options.Rounds];
        var drains = new double[rounds.Length];
        for (var i = 0; i < rounds.Length; i++)
        {
            rounds[i] = await RoundAsync(context, n);
            drains[i] = n / (await DrainScenario.RoundAsync(context, n)).Seconds;
        }

        double share = Median.Of(rounds.Select((round, i) => n / round.Seconds / drains[i]));
        double seconds = Median.Of(rounds.Select(round => round.Seconds));
        double first = Median.Of(rounds.Select(round => round.FirstMs));
        return new BenchResult
        {
            Scenario = "delayed.at-once",
            Backend = context.BackendName,
            N = n,
            Seconds = seconds,
            PerSecond = n / seconds,
            Range = (n / rounds.Max(round => round.Seconds), n / rounds.Min(round => round.Seconds)),
            PeakRssMb = PeakMemory.Read(),
            StorePerMessage = rounds.Aggregate((StoreUse?)default(StoreUse), static (sum, round) => sum + round.Store) / ((double)n * rounds.Length),
            Baseline = string.Create(CultureInfo.InvariantCulture, $"{share * 100:N0} % of drain {Median.Of(drains):N0}/s ({drains.Min():N0}..{drains.Max():N0})"),
            BaselineShare = share,
            Target = Target.All(
                new Target("first <= 20 ms late", first <= FirstBound),
                new Target(">= 80 % of drain", share >= ShareBound)),
            Notes =
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"delayed.at-once: the first started {first:N1} ms late ({rounds.Min(round => round.FirstMs):N1}..{rounds.Max(round => round.FirstMs):N1})"),
            ],
        };
    }

    // All must be added before they are due, and the consumer must be idle by then.
    private static async Task<Due> RoundAsync(BenchContext context, int n)
    {
        TimeSpan lead = TimeSpan.FromSeconds(2) + TimeSpan.FromMicroseconds(10.0 * n);
        for (var i = 0; i < Tries; i++, lead *= 2)
        {
            if (await TryRoundAsync(context, n, lead) is { } round)
            {
                return round;
            }
        }

        throw new BenchException($"{n} messages could not be added within {lead}.");
    }

    private static async Task<Due?> TryRoundAsync(BenchContext context, int n, TimeSpan lead)
    {
        await using BenchQueue bench = context.OpenPair();
        var counter = new CompletionCounter(n);
        long first = 0;
        var task = new NoopTask(
            bench.Queue,
            (text, number) =>
            {
                if (Volatile.Read(ref first) == 0)
                {
                    Interlocked.CompareExchange(ref first, Stopwatch.GetTimestamp(), 0);
                }

                counter.Handle(text, number);
            },
            context.Options.Typed);
        NoopTask produced = bench.ProducerTask(task, context.Options.Typed);
        await bench.Queue.StartAsync();

        GC.Collect();
        var clock = new DueClock();
        DateTimeOffset due = clock.Start + lead;
        await Backlog.AddAsync(bench.Producer, n, i => produced.Make(i).WithSchedule(due));
        if (clock.LateMs(Stopwatch.GetTimestamp(), due) > -500)
        {
            return null;
        }

        StoreUse? before = await context.ReadStoreAsync();
        await counter.WaitAsync();
        double firstMs = clock.LateMs(first, due);
        double seconds = clock.LateMs(counter.EndTimestamp, due) / 1000;
        await bench.StopAndCheckAsync(counter);
        StoreUse? store = await context.ReadStoreAsync() - before;
        return firstMs < -1 ? throw new BenchException($"A message started {-firstMs} ms early.") : new Due(firstMs, seconds, store);
    }

    /// <summary>One round: how late the first was, how long after the due time the last ran, and what the store used from before the due time on.</summary>
    private sealed record Due(double FirstMs, double Seconds, StoreUse? Store);
}

using System.Diagnostics;
using TaskQ.Conformance.Harness;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>Several worker processes on one file.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ProcessTests(Standstill machine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q1")]
    public async Task WorkersKilled_OverAndOver_LoseNothing()
    {
        const int Messages = 3000, Kills = 6, InFlight = 8, Unsettled = 2 * InFlight;
        await using var test = new SqliteFaultQueue();
        string[] arguments = ["--workers", $"{InFlight}", "--batch", $"{InFlight}", "--buffer", $"{InFlight}", "--crash-limit", "10"];
        await test.Queue.CountAsync(Token);
        var workers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => test.StartAsync(Lease, arguments)));
        await test.AddAsync(0, Messages, 30);
        for (var kill = 0; kill < Kills; kill++)
        {
            // At load: a part of the messages is done, the others wait.
            await test.RecordedAsync('E', (kill + 1) * (Messages - 600) / Kills);
            workers[kill % workers.Length].Kill();
            workers[kill % workers.Length] = await test.StartAsync(Lease, arguments);
        }

        await test.DrainedAsync();

        var lost = Enumerable.Range(0, Messages).Except(test.Record.Ended()).ToList();
        var duplicates = test.Record.Duplicates();

        // Those that had ended end once more; the others were running when their process was killed.
        var unsettled = test.Record.Count('E') - test.Record.Ended().Count;
        var running = duplicates - unsettled;
        var waited = Redeliveries(test);
        Figures.Print($"{Messages} messages, {Kills} kills: lost {lost.Count}, duplicates {duplicates} ({running} had been running, {unsettled} had finished and were not settled), "
            + $"redelivered after {Figures.Milliseconds(waited.Min())} to {Figures.Milliseconds(waited.Max())} ms");
        Assert.Empty(lost);
        Assert.Equal(0, (await test.Queue.CountAsync(Token)).Dead);

        // All duplicates are of these two kinds.
        Assert.InRange(duplicates, 1, Kills * (InFlight + Unsettled));
        Assert.InRange(running, 1, Kills * InFlight);
        Assert.InRange(unsettled, 0, Kills * Unsettled);

        // Two leases: who took it over may have been killed too.
        machine.AssertWithin((2 * Lease) + TimeSpan.FromSeconds(2), waited.Max(), "one was redelivered");
    }

    [Fact]
    [Trait("Fault", "Q9")]
    public async Task EightProcesses_AtOnce_NeitherFailNorClaimTwice()
    {
        const int Messages = 5000, Processes = 8, Producers = 4;
        await using var test = new SqliteFaultQueue();

        // All eight create the tables, too.
        await Task.WhenAll(Enumerable.Range(0, Processes).Select(_ => test.StartAsync(TimeSpan.FromSeconds(30), "--batch", "16", "--buffer", "16")));
        var slowest = TimeSpan.Zero;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(async producer =>
        {
            for (var n = 0; n < Messages / Producers; n += 10)
            {
                var added = Stopwatch.GetTimestamp();
                await test.AddAsync((producer * Messages / Producers) + n, 10, 0);
                var took = Stopwatch.GetElapsedTime(added);
                slowest = took > slowest ? took : slowest;
            }
        }));
        await test.DrainedAsync();

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var shares = test.Record.Of('S').GroupBy(e => e.Process).Select(g => g.Count()).Order().ToList();
        Figures.Print($"{Messages} messages, {Processes} consumers and a producer: lost {Messages - test.Record.Ended().Count}, claimed twice {test.Record.Duplicates()}, "
            + $"errors {test.Errors.Count()}, {Messages / seconds:N0}/s, the slowest add took {Figures.Milliseconds(slowest)} ms, each consumer had {shares[0]} to {shares[^1]}");
        Assert.Empty(test.Errors);
        Assert.Equal(0, test.Record.Duplicates());
        Assert.Equal(Messages, test.Record.Ended().Count);
    }

    [Fact]
    [Trait("Fault", "Q13")]
    public async Task Workers_WhoseClocksAreWrong_GoByTheDatabasesTime()
    {
        const int Messages = 300;
        var lease = TimeSpan.FromSeconds(4);
        await using var test = new SqliteFaultQueue();
        var hour = TimeSpan.FromHours(1).TotalMilliseconds;
        await Task.WhenAll(
            test.StartAsync(lease, "--clock-ms", $"{hour}", "--workers", "32"),
            test.StartAsync(lease, "--clock-ms", $"{-hour}", "--workers", "32"));

        // Longer than the lease, in both: a beat must extend it, and nobody else may think that it ran out.
        await test.AddAsync(1000, 8, 9000);
        await test.RecordedAsync('S', 8);
        TimeSpan Delay(int n) => TimeSpan.FromMilliseconds(1000 + (5 * n));
        var added = TimeProvider.System.GetTimestamp();
        await test.AddAsync(0, Messages, 0, Delay);
        var stored = TimeProvider.System.GetTimestamp();
        await test.DrainedAsync();

        var delayed = test.Record.Of('S').Where(e => e.Message < Messages).ToList();
        var early = delayed.Select(e => Delay(e.Message) - TimeProvider.System.GetElapsedTime(added, e.Time)).Max();
        var late = delayed.Select(e => TimeProvider.System.GetElapsedTime(stored, e.Time) - Delay(e.Message)).ToList();
        Figures.Print($"clocks wrong by +1 h and -1 h, {Messages} delayed and 8 of 9 s under leases of 4 s: lost {Messages + 8 - test.Record.Ended().Count}, "
            + $"duplicates {test.Record.Duplicates()}, leases lost {test.Record.Count('L')}, early by at most {Figures.Milliseconds(early)} ms, "
            + $"late by p50 {Figures.Milliseconds(Figures.Percentile(late, 0.5))} ms, p99 {Figures.Milliseconds(Figures.Percentile(late, 0.99))} ms");
        Assert.Equal(Messages + 8, test.Record.Ended().Count);
        Assert.Equal(0, test.Record.Duplicates());
        Assert.Equal(0, test.Record.Count('L'));
        Assert.True(early <= TimeSpan.FromMilliseconds(2), $"one started {early} early");
        machine.AssertWithin(TimeSpan.FromSeconds(1.5), Figures.Percentile(late, 0.99), "99 % ran");
    }

    /// <summary>How long after a kill each message that ran there started elsewhere.</summary>
    private static List<TimeSpan> Redeliveries(SqliteFaultQueue test)
    {
        var deaths = test.Deaths;
        var starts = test.Record.Of('S').ToLookup(e => e.Message);
        var ended = test.Record.Of('E').Select(e => (e.Message, e.Process)).ToHashSet();
        return
        [
            .. from start in test.Record.Of('S')
               where deaths.ContainsKey(start.Process) && !ended.Contains((start.Message, start.Process))
               let death = deaths[start.Process]
               select TimeProvider.System.GetElapsedTime(death, starts[start.Message].Where(e => e.Time > death).Min(e => e.Time)),
        ];
    }
}

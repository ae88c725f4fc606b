using TaskQ.Conformance.Harness;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>Worker processes on a server that die by SIGKILL, or whose clocks are wrong.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class WorkerFaultTests(Standstill machine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    /// <summary>The longest time between two looks of those who wait.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(6);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    [Trait("Fault", "Q1")]
    public async Task WorkersKilled_OverAndOver_LoseNothing(string backend)
    {
        const int Messages = 3000, Kills = 12, InFlight = 8, Unsettled = InFlight;
        await using var test = await FaultQueue.OpenAsync(backend);
        string[] arguments = ["--workers", $"{InFlight}", "--batch", $"{InFlight}", "--buffer", $"{InFlight}", "--crash-limit", "10"];
        var workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => test.StartAsync(Lease, arguments)));
        await test.AddAsync(0, Messages, 100);
        for (var kill = 0; kill < Kills; kill++)
        {
            // At load: a part of the messages is done, the others wait.
            await test.RecordedAsync('E', (kill + 1) * (Messages - 300) / Kills);
            workers[kill % workers.Length].Kill();
            workers[kill % workers.Length] = await test.StartAsync(Lease, arguments);
        }

        await test.DrainedAsync(TimeSpan.FromSeconds(90));

        var lost = test.Lost(0, Messages);
        var duplicates = test.Record.Duplicates();

        // Those that had ended end once more; the others were running when their process was killed.
        var unsettled = test.Record.Count('E') - test.Record.Ended().Count;
        var running = duplicates - unsettled;
        var dead = (await test.Queue.CountAsync(Token)).Dead;
        var redelivered = Redeliveries(test);
        Assert.NotEmpty(redelivered);
        Figures.Print($"{backend}: {Messages} messages, {Kills} kills: lost {lost.Length}, duplicates {duplicates} ({running} had been running, {unsettled} had finished and were not settled), dead {dead}, "
            + $"{redelivered.Count} redelivered after {Figures.Milliseconds(redelivered.Min())} to {Figures.Milliseconds(redelivered.Max())} ms");
        Assert.Empty(lost);
        Assert.Equal(0, dead);

        // All duplicates are of these two kinds.
        Assert.InRange(duplicates, 1, Kills * (InFlight + Unsettled));
        Assert.InRange(running, 1, Kills * InFlight);
        Assert.InRange(unsettled, 0, Kills * Unsettled);
        machine.AssertWithin(Lease + Poll, redelivered.Max(), "one was redelivered");
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    [Trait("Fault", "Q13")]
    public async Task WorkersClocks_AreWrongByAnHour_TheDatabasesDecides(string backend)
    {
        const int Delayed = 300, Long = 16;
        var lease = TimeSpan.FromSeconds(5);
        await using var test = await FaultQueue.OpenAsync(backend);
        await test.StartAsync(lease, "--clock-ms", "3600000", "--workers", "32");
        await test.StartAsync(lease, "--clock-ms", "-3600000", "--workers", "32");
        var added = TimeProvider.System.GetTimestamp();
        TimeSpan Delay(int n) => TimeSpan.FromMilliseconds(500 + (5 * n));
        await test.AddAsync(0, Delayed, 0, Delay);

        // Longer than a lease: beats keep them.
        await test.AddAsync(Delayed, Long, 2 * (int)lease.TotalMilliseconds);
        await test.DrainedAsync(TimeSpan.FromSeconds(60));

        var late = test.Record.Of('S').Where(e => e.Message < Delayed).Select(e => TimeProvider.System.GetElapsedTime(added, e.Time) - Delay(e.Message)).ToList();
        var processes = test.Record.Of('S').Select(e => e.Process).Distinct().Count();
        Figures.Print($"{backend}: {Delayed} delayed, {Long} long ones in {processes} processes: lost {test.Lost(0, Delayed + Long).Length}, duplicates {test.Record.Duplicates()}, "
            + $"late by p50 {Figures.Milliseconds(Figures.Percentile(late, 0.5))} ms, p99 {Figures.Milliseconds(Figures.Percentile(late, 0.99))} ms, "
            + $"at least {Figures.Milliseconds(late.Min())} ms");
        Assert.Empty(test.Lost(0, Delayed + Long));
        Assert.Equal(0, test.Record.Duplicates());
        Assert.Equal(2, processes);
        Assert.True(late.Min() >= TimeSpan.FromMilliseconds(-1), $"one was early by {-late.Min()}");

        // The long ones leave workers free.
        machine.AssertWithin(TimeSpan.FromSeconds(1.5), Figures.Percentile(late, 0.99), "99 % ran");
    }

    /// <summary>How long after a kill each message that ran there started elsewhere.</summary>
    /// <remarks>Who takes one over may be killed before it starts it: then it is measured from the last kill.</remarks>
    private static List<TimeSpan> Redeliveries(FaultQueue test)
    {
        var deaths = test.Deaths;
        var starts = test.Record.Of('S').ToLookup(e => e.Message);
        var ended = test.Record.Of('E').Select(e => (e.Message, e.Process)).ToHashSet();
        return
        [
            .. from start in test.Record.Of('S')
               where deaths.ContainsKey(start.Process) && !ended.Contains((start.Message, start.Process))
               let next = starts[start.Message].Where(e => e.Time > deaths[start.Process]).Select(e => e.Time).DefaultIfEmpty(long.MaxValue).Min()
               let death = deaths.Values.Where(d => d < next && TimeProvider.System.GetElapsedTime(d, next) >= Lease / 2).DefaultIfEmpty(deaths[start.Process]).Max()
               let first = deaths[start.Process]
               select TimeProvider.System.GetElapsedTime(TimeProvider.System.GetElapsedTime(first, next) <= Lease * 2 ? first : death, next),
        ];
    }
}

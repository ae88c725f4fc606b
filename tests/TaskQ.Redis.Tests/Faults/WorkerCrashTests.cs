using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Faults.Workers;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Worker processes that die by SIGKILL.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class WorkerCrashTests(Standstill machine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R1")]
    public async Task WorkersKilled_OverAndOver_LoseNothing()
    {
        // What ran at a kill, and what had ended but was not settled yet: with six workers together no more than eight.
        const int Messages = 6000, Kills = 12, Workers = 6, InFlight = 8;
        await using var test = await FaultQueue.OpenAsync();
        string[] arguments = ["--workers", $"{Workers}", "--batch", $"{InFlight}", "--buffer", $"{InFlight - Workers}", "--crash-limit", "10"];
        var workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => test.Workers.StartAsync(Lease, arguments)));
        await test.AddAsync(test.Work, 0, Messages, 30);
        for (var kill = 0; kill < Kills; kill++)
        {
            // At load: a part of the messages is done, the others wait.
            await test.Workers.RecordedAsync('E', (kill + 1) * (Messages - 600) / Kills);
            workers[kill % workers.Length].Kill();
            workers[kill % workers.Length] = await test.Workers.StartAsync(Lease, arguments);
        }

        await test.DrainedAsync(TimeSpan.FromSeconds(60));

        var lost = await test.LostAsync(0, Messages);
        var duplicates = test.Record.Duplicates();
        var finished = test.Record.Of('E').Count() - test.Record.Ended().Count;
        var dead = await test.DeadAsync();
        var redelivered = Redeliveries(test.Workers);
        Figures.Print($"{Messages} messages, {Kills} kills: lost {lost.Length}, duplicates {duplicates} ({finished} of them finished but not settled), dead {dead}, "
            + $"{redelivered.Count} redelivered after {Figures.Milliseconds(redelivered.Min())} to {Figures.Milliseconds(redelivered.Max())} ms");
        Assert.Empty(lost);
        Assert.Equal(0, dead);
        Assert.InRange(duplicates - finished, 1, Kills * Workers);
        Assert.InRange(duplicates, 1, Kills * InFlight);
        machine.AssertWithin(Lease + TimeSpan.FromSeconds(1), redelivered.Max(), "one was redelivered");
    }

    [Fact]
    [Trait("Fault", "R8")]
    public async Task Handler_KillsItsProcess_EndsAmongTheDeadAndSparesTheOthers()
    {
        var lease = TimeSpan.FromSeconds(1);
        await using var test = await FaultQueue.OpenAsync();
        await test.AddAsync(test.Work, 0, 25, 10);
        await test.AddAsync(test.Poison, 25, 1, 0);
        await test.AddAsync(test.Work, 26, 24, 10);
        var starts = 0;
        var worker = await test.Workers.StartAsync(lease);
        await Probe.EventuallyAsync(
            async () =>
            {
                if (worker.HasExited && starts++ < 10)
                {
                    worker = await test.Workers.StartAsync(lease);
                }

                return await test.Queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 };
            },
            "the queue is empty",
            TimeSpan.FromSeconds(40));

        var dead = Assert.Single(await test.Queue.PeekDeadAsync(10, Token));
        var runs = test.Record.Of('S').Count(e => e.Message == 25);
        Figures.Print($"{runs} runs of the poison, {starts} restarts, {test.Record.Ended().Count} of 49 others done, "
            + $"duplicates of the others {test.Record.Duplicates() - runs + 1}");
        Assert.Equal(3, runs);
        Assert.Equal(DeadReason.Crashed, dead.Reason);
        Assert.Equal("poison", dead.Message.TaskName);
        Assert.Equal(Enumerable.Range(0, 50).Except([25]), test.Record.Ended().Order());
        Assert.Empty(await test.LostAsync(0, 50));
        Assert.Equal(50, Assert.Single(await test.LostAsync(1, 50)));

        // Twice it took others with it; then it is suspected, and nothing else runs in the process that runs it.
        var third = test.Record.Of('S').Where(e => e.Message == 25).MaxBy(e => e.Time);
        var beside = test.Record.Runs(test.Workers.Deaths).Where(r => r.Process == third.Process && r.Start <= third.Time && r.End > third.Time);
        Assert.Equal(25, Assert.Single(beside).Message);
    }

    [Fact]
    [Trait("Fault", "R15")]
    public async Task WhoPromotes_IsKilled_DelayedMessagesRunOnceAndInTime()
    {
        const int Messages = 1000;
        var lease = TimeSpan.FromSeconds(10);
        await using var test = await FaultQueue.OpenAsync();
        await test.Workers.StartAsync(lease, "--workers", "16");
        var promoter = await test.Workers.StartAsync(lease, "--only-counts", "true");
        await test.Workers.RecordedAsync('P', 1);
        var added = TimeProvider.System.GetTimestamp();
        TimeSpan Delay(int n) => TimeSpan.FromMilliseconds(500 + (4 * n));
        await test.AddAsync(test.Work, 0, Messages, 0, Delay);
        const int Kills = 8;
        for (var kill = 0; kill < Kills; kill++)
        {
            await test.Workers.RecordedAsync('E', (kill + 1) * Messages / (Kills + 1));
            promoter.Kill();
            var counts = test.Record.Count('P');
            promoter = await test.Workers.StartAsync(lease, "--only-counts", "true");
            await test.Workers.RecordedAsync('P', counts + 1);
        }

        await test.DrainedAsync();

        var lost = await test.LostAsync(0, Messages);
        var late = test.Record.Of('S').Select(e => TimeProvider.System.GetElapsedTime(added, e.Time) - Delay(e.Message)).ToList();
        var p99 = Figures.Percentile(late, 0.99);
        Figures.Print($"{Messages} delayed, {Kills} kills: lost {lost.Length}, duplicates {test.Record.Duplicates()}, "
            + $"late by p50 {Figures.Milliseconds(Figures.Percentile(late, 0.5))} ms, p99 {Figures.Milliseconds(p99)} ms");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(0, test.Record.Duplicates());
        Assert.True(late.Min() >= TimeSpan.FromMilliseconds(-1), $"one was early by {-late.Min()}");
        machine.AssertWithin(TimeSpan.FromMilliseconds(1300), p99, "99 % ran");
    }

    [Fact]
    [Trait("Fault", "R28")]
    public async Task Purge_WithMessagesInFlightAndACrash_NewOnesRunAndPurgedOnesDont()
    {
        var lease = TimeSpan.FromSeconds(4);
        await using var test = await FaultQueue.OpenAsync();
        var survivor = await test.Workers.StartAsync(lease, "--batch", "8", "--buffer", "1");
        var victim = await test.Workers.StartAsync(lease, "--batch", "8", "--buffer", "1");
        await test.AddAsync(test.Work, 0, 50, 30_000);
        await test.AddAsync(test.Work, 50, 10, 0, _ => TimeSpan.FromSeconds(2));
        await test.Workers.RecordedAsync('S', 16);
        var started = test.Record.Of('S').Select(e => e.Message).ToHashSet();

        await test.Queue.PurgeAsync(Token);
        Assert.Equal(default, await test.Queue.CountAsync(Token));
        var purged = TimeProvider.System.GetTimestamp();
        victim.Kill();
        await test.AddAsync(test.Work, 100, 50, 0);
        await test.DrainedAsync();
        var recovery = TimeProvider.System.GetElapsedTime(purged);

        // As long as a lease of the victim could have lasted, and the delay of what was purged.
        await Probe.EventuallyAsync(
            () => Task.FromResult(TimeProvider.System.GetElapsedTime(purged) > lease * 1.5), "a lease has passed");
        var cancelled = test.Record.Of('C').Count(e => e.Process == survivor.Id);
        var again = test.Record.Of('S').Where(e => e.Message < 100 && !started.Contains(e.Message)).ToList();
        Figures.Print($"50 new done {Figures.Milliseconds(recovery)} ms after the purge, lost {(await test.LostAsync(100, 50)).Length}; "
            + $"{again.Count} purged ones ran, {cancelled} running ones were cancelled");
        Assert.Empty(await test.LostAsync(100, 50));
        Assert.Empty(again);
        Assert.Equal(0, test.Record.Duplicates());
        Assert.Equal(default, await test.Queue.CountAsync(Token));
        machine.AssertWithin(TimeSpan.FromSeconds(3), recovery, "the new ones ran");
        Assert.Equal(8, cancelled);
    }

    /// <summary>How long after a kill each message that ran there started elsewhere.</summary>
    /// <remarks>
    /// Who takes a message over may be killed before it starts it, and records nothing: a message that had to wait for a second
    /// lease is measured from a kill that came a lease after its own.
    /// </remarks>
    private static List<TimeSpan> Redeliveries(WorkerGroup workers)
    {
        var deaths = workers.Deaths;
        var starts = workers.Record.Of('S').ToLookup(e => e.Message);
        var ended = workers.Record.Of('E').Select(e => (e.Message, e.Process)).ToHashSet();
        return
        [
            .. from start in workers.Record.Of('S')
               where deaths.ContainsKey(start.Process) && !ended.Contains((start.Message, start.Process))
               let death = deaths[start.Process]
               let next = starts[start.Message].Where(e => e.Time > death).Select(e => e.Time).DefaultIfEmpty(long.MaxValue).Min()
               select Waited(death, next),
        ];

        TimeSpan Waited(long death, long next)
        {
            var waited = TimeProvider.System.GetElapsedTime(death, next);
            var again = deaths.Values.Where(d => TimeProvider.System.GetElapsedTime(death, d) >= Lease / 2 && d < next).DefaultIfEmpty(death).Max();
            return waited <= Lease * 1.5 ? waited : TimeProvider.System.GetElapsedTime(again, next);
        }
    }
}

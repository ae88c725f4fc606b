using TaskQ.Conformance.Harness;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Worker processes that stand still, are starved, take long, or have a wrong clock.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class StallTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R5")]
    public async Task WorkerStopped_LongerThanItsLease_CantSettleWhatOthersRun()
    {
        var lease = TimeSpan.FromSeconds(2);
        await using var test = await FaultQueue.OpenAsync();
        var stopped = await test.Workers.StartAsync(lease, "--batch", "8");
        await test.AddAsync(test.Stubborn, 0, 4, 1500);
        await test.AddAsync(test.Work, 4, 4, 6000);
        await test.Workers.RecordedAsync('S', 8);
        stopped.Pause();
        var paused = TimeProvider.System.GetTimestamp();
        await test.Workers.StartAsync(lease, "--work-ms", "100");
        await test.Workers.RecordedAsync('S', 16);
        var redelivery = TimeProvider.System.GetElapsedTime(paused, test.Record.Of('S').Max(e => e.Time));
        await test.DrainedAsync();

        stopped.Continue();
        var continued = TimeProvider.System.GetTimestamp();
        await Probe.EventuallyAsync(() => Task.FromResult(Fenced() == 8), "all 8 are known to be lost");
        await test.Workers.RecordedAsync('C', 4);

        var cancelled = TimeProvider.System.GetElapsedTime(continued, test.Record.Of('C').Max(e => e.Time));
        var lost = await test.LostAsync(0, 8);
        Figures.Print($"8 in flight: lost {lost.Length}, duplicates {test.Record.Duplicates()}, fenced {Fenced()}, redelivered after "
            + $"{Figures.Milliseconds(redelivery)} ms, cancelled {Figures.Milliseconds(cancelled)} ms after it went on");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(8, test.Record.Duplicates());
        Assert.All(test.Record.Of('L'), e => Assert.Equal(stopped.Id, e.Process));
        machine.AssertWithin(lease + TimeSpan.FromSeconds(1), redelivery, "redelivered");
        machine.AssertWithin((lease / 3) + TimeSpan.FromMilliseconds(500), cancelled, "cancelled");
        Assert.Equal(default, await test.Queue.CountAsync(Token));

        int Fenced() => test.Record.Of('L').Select(e => e.Message).Distinct().Count();
    }

    [Theory]
    [Trait("Fault", "R6")]
    [Trait("Fault", "R7")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_LongerThanItsLease_RunsOnce(bool starvesThePool)
    {
        // R6 waits, R7 blocks every thread of the pool: the heartbeat has a thread of its own.
        var lease = TimeSpan.FromSeconds(3);
        await using var test = await FaultQueue.OpenAsync();
        await test.Workers.StartAsync(lease);
        await test.AddAsync(starvesThePool ? test.Starve : test.Work, 0, 1, 7000);
        await test.Workers.RecordedAsync('S', 1);
        await test.Workers.StartAsync(lease);

        await test.DrainedAsync(TimeSpan.FromSeconds(60));

        Figures.Print($"7 s under a lease of 3 s, {(starvesThePool ? "R7, pool starved" : "R6")}: {test.Record.Count('S')} run(s), lost {(await test.LostAsync(0, 1)).Length}");
        Assert.Equal(1, test.Record.Count('S'));
        Assert.Equal(1, test.Record.Count('E'));
        Assert.Equal(0, await test.DeadAsync());
    }

    [Fact]
    [Trait("Fault", "R16")]
    public async Task Clocks_OfProcessesAreWrong_MessagesRunByTheServersTime()
    {
        const int Hour = 3_600_000, Each = 20;
        var lease = TimeSpan.FromSeconds(10);
        await using var test = await FaultQueue.OpenAsync();
        await Task.WhenAll(
            test.Workers.StartAsync(lease, "--clock-ms", $"{Hour}", "--workers", "4", "--batch", "4"),
            test.Workers.StartAsync(lease, "--clock-ms", $"-{Hour}", "--workers", "4", "--batch", "4"));
        var offsets = new[] { 0, Hour, -Hour };
        var added = new Dictionary<int, long>();
        for (var producer = 0; producer < offsets.Length; producer++)
        {
            await using var factory = new RedisQueueFactory(test.Server.Configuration);
            var queue = Probe.Queue(
                factory, o => (o.Name, o.TimeProvider) = (test.Queue.Name, new ShiftedClock(TimeSpan.FromMilliseconds(offsets[producer]))));
            var work = queue.RegisterTask<int, int>("work");
            for (var n = producer * Each; n < (producer + 1) * Each; n++)
            {
                added[n] = TimeProvider.System.GetTimestamp();
                await queue.AddAsync(work.WithArgs(n, 50).WithDelay(Delay(n)), Token);
            }
        }

        await test.DrainedAsync();

        var late = test.Record.Of('S').Select(e => TimeProvider.System.GetElapsedTime(added[e.Message], e.Time) - Delay(e.Message)).ToList();
        var lost = await test.LostAsync(0, 3 * Each);
        Figures.Print($"{3 * Each} delayed, clocks wrong by an hour each way: lost {lost.Length}, duplicates {test.Record.Duplicates()}, "
            + $"late by {Figures.Milliseconds(late.Min())} to {Figures.Milliseconds(late.Max())} ms");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(0, test.Record.Duplicates());
        Assert.True(late.Min() >= TimeSpan.FromMilliseconds(-1), $"one was early by {-late.Min()}");
        machine.AssertWithin(TimeSpan.FromSeconds(1), late.Max(), "one ran");
        Assert.Equal(2, test.Record.Of('S').Select(e => e.Process).Distinct().Count());

        // Spread, so that the eight workers are never short.
        static TimeSpan Delay(int n) => TimeSpan.FromMilliseconds(1000 + (60 * (n % Each)) + (20 * (n / Each)));
    }

    private sealed class ShiftedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}

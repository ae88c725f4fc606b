using TaskQ.Conformance.Harness;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Worker processes that are told to stop by SIGTERM.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ShutdownTests(Standstill machine)
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R9")]
    public async Task Stop_ShorterThanTheHandlers_GivesBackAtOnceAndUncounted()
    {
        const int Messages = 40;
        await using var test = await FaultQueue.OpenAsync();
        var stopping = await test.Workers.StartAsync(Lease, "--batch", "16", "--stop-ms", $"{StopTimeout.TotalMilliseconds}");

        // Of the eight that run, four end when they are told to and four don't.
        await test.AddAsync(test.Work, 0, 4, 6000);
        await test.AddAsync(test.Stubborn, 4, 20, 6000);
        await test.AddAsync(test.Work, 24, Messages - 24, 6000);
        await test.Workers.RecordedAsync('S', 8);
        stopping.Terminate();
        await Probe.EventuallyAsync(async () => (await test.Queue.CountAsync(Token)).Ready == Messages, "all are given back");
        var visible = TimeProvider.System.GetTimestamp();
        await test.Workers.RecordedAsync('X', 1);
        var told = test.Record.Of('T').Single().Time;
        var stopped = test.Record.Of('X').Single().Time;
        var took = TimeProvider.System.GetElapsedTime(told, stopped);
        var givenBack = TimeProvider.System.GetElapsedTime(stopped, visible);
        await stopping.ExitedAsync(TimeSpan.FromSeconds(20));
        var before = test.Record.Count('S');

        // With a lease of 30 s only what was given back can run now.
        var restarted = TimeProvider.System.GetTimestamp();
        await test.Workers.StartAsync(Lease, "--work-ms", "1", "--workers", "16");
        await test.DrainedAsync();

        var all = TimeProvider.System.GetElapsedTime(restarted);
        var lost = await test.LostAsync(0, Messages);
        Figures.Print($"{Messages} messages, {before} running: lost {lost.Length}, stopped in {Figures.Milliseconds(took)} ms, all visible "
            + $"{Figures.Milliseconds(givenBack)} ms after that, all done "
            + $"{Figures.Milliseconds(all)} ms after the next worker was started, highest attempt {test.Record.Of('S').Max(e => e.Attempt)}");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(8, before);
        Assert.All(test.Record.Of('S'), e => Assert.Equal(1, e.Attempt));
        machine.AssertWithin(TimeSpan.FromSeconds(1), givenBack, "all were visible");

        // Once they are cancelled, handlers have a second to end.
        machine.AssertWithin(StopTimeout + TimeSpan.FromSeconds(1.5), took, "it stopped");
    }

    [Fact]
    [Trait("Fault", "R10")]
    public async Task Stop_LongerThanTheHandlers_DrainsWithoutDuplicates()
    {
        const int Messages = 2000;
        await using var test = await FaultQueue.OpenAsync();
        var workers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => test.Workers.StartAsync(Lease)));
        await test.AddAsync(test.Work, 0, Messages - 8, 10);
        await test.AddAsync(test.Work, Messages - 8, 8, 500);
        var exits = new List<TimeSpan>();
        for (var stop = 0; stop < 4; stop++)
        {
            await test.Workers.RecordedAsync('E', (stop + 1) * 300);
            var worker = workers[stop % 2];
            worker.Terminate();
            await test.Workers.RecordedAsync('X', stop + 1);
            var told = test.Record.Of('T').Single(e => e.Process == worker.Id).Time;
            exits.Add(TimeProvider.System.GetElapsedTime(told, test.Record.Of('X').Single(e => e.Process == worker.Id).Time));

            // What ran may end; only a message that a worker took up at the same time may start.
            var later = test.Record.Of('S').Count(e => e.Process == worker.Id && TimeProvider.System.GetElapsedTime(told, e.Time) > TimeSpan.FromMilliseconds(250));
            Assert.Equal(0, later);
            workers[stop % 2] = await test.Workers.StartAsync(Lease);
        }

        await test.DrainedAsync();

        var lost = await test.LostAsync(0, Messages);
        Figures.Print($"{Messages} messages, 4 stops: lost {lost.Length}, duplicates {test.Record.Duplicates()}, longest stop {Figures.Milliseconds(exits.Max())} ms");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(0, test.Record.Duplicates());
        machine.AssertWithin(TimeSpan.FromMilliseconds(1500), exits.Max(), "one stopped");
    }
}

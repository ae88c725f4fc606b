using System.Collections.Concurrent;
using System.Text;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Redis.Store;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>What has waited long, was left behind by many, or is no message.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class BacklogTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R29")]
    public async Task AllWorkers_DownForADay_EverythingIsRecovered()
    {
        const int Held = 600, Ready = 200, Delayed = 100;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var clock = new MovableClock();
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { UseQueueClock = true });
        var queue = Probe.Queue(factory, o => (o.TimeProvider, o.MinWorkers, o.MaxWorkers) = (clock, 8, 8));
        var runs = new ConcurrentBag<Guid>();
        var task = queue.RegisterTask("t", (int _, TaskContext context) => runs.Add(context.Message.Id));
        var ids = new HashSet<Guid>();
        ids.UnionWith((await queue.AddRangeAsync(Enumerable.Range(0, Held + Ready).Select(n => task.WithArgs(n)), Token)).Select(r => r.Id));
        ids.UnionWith((await queue.AddRangeAsync(
            Enumerable.Range(0, Delayed).Select(n => task.WithArgs(n).WithDelay(TimeSpan.FromHours(1))), Token)).Select(r => r.Id));
        for (var process = 0; process < 60; process++)
        {
            await queue.Backend.ExchangeAsync(
                [], new FetchRequest(new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(30)), Held / 60, TimeSpan.Zero), Token);
        }

        clock.Offset = TimeSpan.FromDays(1);
        var start = TimeProvider.System.GetTimestamp();
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(() => Task.FromResult(runs.Count >= ids.Count), "all ran");
        var took = TimeProvider.System.GetElapsedTime(start);
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) == default, "nothing is left");

        (await KeyAudit.ReadAsync(admin, queue.Name)).AssertConsistent();
        Figures.Print($"{ids.Count} messages, {Held} of them held by the dead: lost {ids.Except(runs).Count()}, duplicates {runs.Count - ids.Count}, "
            + $"recovered in {Figures.Milliseconds(took)} ms");
        Assert.Equal(ids.Order(), runs.Order());
        machine.AssertWithin(TimeSpan.FromSeconds(10), took, "all ran");
    }

    [Fact]
    [Trait("Fault", "R30")]
    public async Task Backlog_OlderThanTheLease_RunsOnce()
    {
        const int Messages = 400;
        var lease = TimeSpan.FromSeconds(3);
        await using var test = await FaultQueue.OpenAsync();
        await test.AddAsync(test.Work, 0, Messages, 150);
        var added = TimeProvider.System.GetTimestamp();
        await Probe.EventuallyAsync(() => Task.FromResult(TimeProvider.System.GetElapsedTime(added) > 2 * lease), "two leases have passed");

        // Slower than the lease too: 16 workers need almost four seconds for them.
        await Task.WhenAll(test.Workers.StartAsync(lease), test.Workers.StartAsync(lease));
        await test.DrainedAsync();

        var lost = await test.LostAsync(0, Messages);
        Figures.Print($"{Messages} messages: lost {lost.Length}, duplicates {test.Record.Duplicates()}");
        Assert.Empty(lost);
        Assert.Equal(0, await test.DeadAsync());
        Assert.Equal(0, test.Record.Duplicates());
        Assert.All(test.Record.Of('S'), e => Assert.Equal(1, e.Attempt));
    }

    [Fact]
    [Trait("Fault", "R31")]
    public async Task Records_ThatAreNoMessages_HoldNothingUp()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var ran = new ConcurrentBag<int>();
        var task = queue.RegisterTask("t", (int n) => ran.Add(n));
        var other = queue.RegisterTask<int>("nobody-knows");
        var root = $"tq:{{{queue.Name}}}:";
        byte[] head = [0, .. new byte[16], 0, 1, (byte)'t'];
        byte[][] unreadable =
        [
            [],
            [0],
            [255, 1, 2, 3],
            [0, .. new byte[16], 255, 255],
            head,
            [.. head, .. Encoding.ASCII.GetBytes("no frame")],
            [.. head, (byte)'T', (byte)'Q', 1, 1, 255, 255, 255, 255, 15],
        ];
        byte[] newer = [.. head, (byte)'T', (byte)'Q', 99, 0, 1, 2, 3];
        await queue.AddAsync(task.WithArgs(0), Token);
        var ids = new List<Guid>();
        foreach (var record in unreadable.Append(newer))
        {
            ids.Add(Guid.CreateVersion7());
            await admin.HashSetAsync(root + "j", IdBytes.Of(ids[^1]), record);
            await admin.ListRightPushAsync(root + "r", IdBytes.Of(ids[^1]));
        }

        Assert.Equal(ids.Count + 1, (await queue.ListAsync(new MessageFilter(), 100, Token)).Count);

        // An id that is none, one without a record, and a task that nobody knows.
        await admin.HashSetAsync(root + "j", "x", "y");
        await admin.ListRightPushAsync(root + "r", "x");
        await admin.ListRightPushAsync(root + "r", IdBytes.Of(Guid.CreateVersion7()));
        var unknown = (await queue.AddAsync(other.WithArgs(1), Token)).Id;
        await queue.AddRangeAsync(Enumerable.Range(1, 50).Select(n => task.WithArgs(n)), Token);

        var start = TimeProvider.System.GetTimestamp();
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(() => Task.FromResult(ran.Count >= 51), "the good ones ran");
        var took = TimeProvider.System.GetElapsedTime(start);
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { Ready: 0, InFlight: 0 }, "nothing is ready or in flight");
        var counts = await queue.CountAsync(Token);
        (await KeyAudit.ReadAsync(admin, queue.Name)).AssertConsistent();
        var dead = await queue.PeekDeadAsync(20, Token);
        var delayed = await queue.Backend.ListAsync(new MessageFilter { State = MessageState.Delayed }, 20, Token);
        Figures.Print($"{ids.Count + 3} bad ones before 50 good ones: all good ones done in {Figures.Milliseconds(took)} ms, "
            + $"{counts.Dead} dead, {counts.Delayed} delayed");
        Assert.Equal(Enumerable.Range(0, 51), ran.Order());
        machine.AssertWithin(TimeSpan.FromSeconds(1), took, "the good ones ran");

        // What nobody can read is dead, each; what may be readable elsewhere waits: the newer frame and the unknown task.
        Assert.Equal(ids[..^1].Order(), dead.Select(letter => letter.Message.Id).Order());
        Assert.All(dead, letter => Assert.Equal(DeadReason.Undecodable, letter.Reason));
        Assert.Equal(new[] { ids[^1], unknown }.Order(), delayed.Select(message => message.Id).Order());

        // Of the id that is none and of the one without a record nothing is left.
        Assert.Equal(new QueueCounts(0, 2, 0, unreadable.Length), counts);
    }

    [Fact]
    [Trait("Fault", "R32")]
    public async Task Reapers_ManyAtOnce_TakeEachLostMessageBackOnce()
    {
        const int Messages = 1000, Leases = 1000, Workers = 8;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var factories = Enumerable.Range(0, Workers).Select(_ => new RedisQueueFactory(server.Configuration)).ToArray();
        var first = Probe.Queue(factories[0]);
        TaskQueue[] queues = [first, .. factories[1..].Select(f => Probe.Queue(f, o => o.Name = first.Name))];
        var task = first.RegisterTask("t", (int _) => { });
        await first.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n)), Token);
        await Task.WhenAll(Enumerable.Range(0, Leases).Select(_ => queues[0].Backend.ExchangeAsync(
            [], new FetchRequest(new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(1)), 1, TimeSpan.Zero), Token).AsTask()));
        Assert.Equal(Messages, (await first.CountAsync(Token)).InFlight);
        var start = TimeProvider.System.GetTimestamp();
        await Probe.EventuallyAsync(
            () => Task.FromResult(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(1100)), "the leases have run out");

        var deliveries = new ConcurrentBag<Delivery>();
        start = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(queues.Select(async queue =>
        {
            for (var empty = 0; empty < 3;)
            {
                var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromMinutes(1));
                var result = await queue.Backend.ExchangeAsync([], new FetchRequest(lease, 10, TimeSpan.Zero), Token);
                empty = result.Deliveries.Count == 0 ? empty + 1 : 0;
                foreach (var delivery in result.Deliveries)
                {
                    deliveries.Add(delivery);
                }
            }
        }));

        var took = TimeProvider.System.GetElapsedTime(start);
        (await KeyAudit.ReadAsync(admin, first.Name)).AssertConsistent();
        foreach (var factory in factories)
        {
            await factory.DisposeAsync();
        }

        Figures.Print($"{Leases} leases, {Workers} at once: {deliveries.Count} delivered, {deliveries.DistinctBy(d => d.Id).Count()} different, "
            + $"attempts {deliveries.Min(d => d.Attempt)} to {deliveries.Max(d => d.Attempt)}, {Figures.Milliseconds(took)} ms");
        Assert.Equal(Messages, deliveries.Count);
        Assert.Equal(Messages, deliveries.DistinctBy(d => d.Id).Count());
        Assert.All(deliveries, d => Assert.Equal((2, 1), (d.Attempt, d.Crashes)));
    }

    private sealed class MovableClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
    }
}

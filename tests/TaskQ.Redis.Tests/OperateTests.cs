using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>Finding, counting, cancelling, purging and dead letters where the state is unusual: many leases, no memory, overdue trimming.</summary>
public sealed class OperateTests(RedisServer server)
{
    private static readonly TimeSpan ShortLease = TimeSpan.FromMilliseconds(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CountAsync_ManyLeasesRanOut_CountsAllAsReadyAtOnce()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 700);
        await Store.FetchEachAsync(queue, 700, ShortLease);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);

        Assert.Equal(new QueueCounts(700, 0, 0, 0), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task CountAsync_DeadLettersOverdue_CountsOnlyThoseThatAreKept()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => options.DeadLetterRetention = TimeSpan.FromSeconds(2));
        await Store.AddAsync(queue, 2001);
        for (var n = 0; n < 4; n++)
        {
            await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 500));
        }

        await Task.Delay(TimeSpan.FromSeconds(2.1), TimeProvider.System, Token);
        var last = await Store.FetchAsync(queue, 1);
        await Store.SettleAsync(queue, SettlementKind.Dead, last);

        // Each look trims some of the 2000 that are too old.
        Assert.Equal(1, (await queue.Backend.CountAsync(Token)).Dead);
        Assert.Equal(last.Deliveries[0].Id, Assert.Single(await queue.Backend.PeekDeadAsync(10, Token)).Id);
        Assert.Equal(1, await queue.Backend.RequeueDeadAsync(10, Token));
        Assert.Equal(new QueueCounts(1, 0, 0, 0), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task MaxDeadLetters_Lowered_ShowsOnlyTheYoungest()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var strict = new RedisQueueFactory(server.Configuration, new RedisOptions { MaxDeadLetters = 10 });
        var queue = Probe.Queue(factory);
        var same = Probe.Queue(strict, options => options.Name = queue.Name);
        await Store.AddAsync(queue, 1600);
        var leases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Store.FetchAsync(queue, 400)));
        await Store.SettleAsync(queue, SettlementKind.Dead, leases);
        var all = (await queue.Backend.PeekDeadAsync(1600, Token)).Select(dead => dead.Id).ToList();

        Assert.Equal(all[^10..], (await same.Backend.PeekDeadAsync(100, Token)).Select(dead => dead.Id));
        Assert.Equal(10, (await same.CountAsync(Token)).Dead);
        Assert.Null(await same.Backend.GetDeadAsync(all[^11], Token));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(800)]
    public async Task InFlight_FewOrManyLeases_AreToldFromThoseThatWait(int leases)
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, leases + 300);
        var held = await Store.FetchEachAsync(queue, leases);
        var waiting = await Store.FetchAsync(queue, 1);
        await Store.SettleAsync(queue, SettlementKind.Release, waiting);
        Guid running = held[leases / 2].Deliveries[0].Id, ready = waiting.Deliveries[0].Id;

        Assert.Equal(MessageState.InFlight, (await queue.Backend.GetAsync(running, Token))!.State);
        Assert.Equal(MessageState.Ready, (await queue.Backend.GetAsync(ready, Token))!.State);
        Assert.Equal(
            held.Select(lease => lease.Deliveries[0].Id).Order(),
            (await queue.Backend.ListAsync(new MessageFilter { State = MessageState.InFlight }, 10_000, Token)).Select(message => message.Id).Order());
        Assert.False(await queue.Backend.RescheduleAsync(running, TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.True(await queue.Backend.RescheduleAsync(ready, TimeProvider.System.GetUtcNow().AddHours(1), Token));
        Assert.True(await queue.Backend.CancelAsync(running, Token));
        Assert.Equal(new QueueCounts(299, 1, leases, 0), await queue.CountAsync(Token));
        Assert.Contains((await queue.Backend.BeatAsync(held, Token)).Cancelled, delivery => delivery.Id == running);
        Assert.True(await queue.Backend.CancelAsync(ready, Token));
        Assert.Equal(new QueueCounts(299, 0, leases, 0), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task PurgeAsync_ManyLeases_LeavesNothingAndFreesUniqueNames()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 1300, n => Store.Message(name: Store.UniqueName(n)));
        var held = await Store.FetchEachAsync(queue, 1200);

        await queue.PurgeAsync(Token);

        Assert.Equal(default, await queue.CountAsync(Token));
        Assert.Equal(1200, (await queue.Backend.BeatAsync(held, Token)).Lost.Count);
        Settlement[] late = [.. held.Select(lease => new Settlement(lease.Deliveries[0], SettlementKind.Retry))];
        Assert.Equal(1200, (await queue.Backend.ExchangeAsync(late, null, Token)).Lost.Count);
        Assert.Equal(default, await queue.CountAsync(Token));
        await Store.AddAsync(queue, 1300, n => Store.Message(name: Store.UniqueName(n)));
        Assert.Equal(1300, (await queue.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task ListAsync_LargeMessages_ComesInShortPages()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 30, _ => Store.Message(size: 1 << 19));

        Assert.Equal(30, (await queue.Backend.ListAsync(new MessageFilter(), 100, Token)).DistinctBy(message => message.Id).Count());
        Assert.Equal(7, (await queue.Backend.ListAsync(new MessageFilter(), 7, Token)).Count);
        var leases = await Store.FetchEachAsync(queue, 30);
        Assert.Equal(30, (await queue.Backend.ListAsync(new MessageFilter(), 100, Token)).Count);
        await Store.SettleAsync(queue, SettlementKind.Dead, leases);
        Assert.Equal(30, (await queue.Backend.PeekDeadAsync(100, Token)).Count);
        Assert.Equal(30, await queue.Backend.RequeueDeadAsync(100, Token));
        Assert.Equal(30, (await queue.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task ListAsync_IdWithoutRecord_DoesNotEndTheList()
    {
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var admin = await Probe.AdminAsync(server);
        await Store.AddAsync(queue, 500);
        await admin.ListLeftPushAsync("tq:{" + queue.Name + "}:r", Guid.NewGuid().ToByteArray());

        Assert.Equal(500, (await queue.Backend.ListAsync(new MessageFilter(), 1000, Token)).Count);
    }

    [Fact]
    public async Task GetAsync_TakesBackALeaseThatRanOut_WakesWhoWaits()
    {
        // The waiting process has not heard of the lease: it began after the process had asked.
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 1);
        await Store.FetchAsync(queue, 1, ShortLease);
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        var woken = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var channel = new RedisChannel("tq:{" + queue.Name + "}:w", RedisChannel.PatternMode.Literal);
        await connection.GetSubscriber().SubscribeAsync(channel, (_, message) => woken.TrySetResult(message!));

        // A client whose second connection is not there yet subscribes later.
        var admin = await Probe.AdminAsync(server);
        await Probe.EventuallyAsync(
            async () => (long)((RedisResult[])(await admin.ExecuteAsync("PUBSUB", "NUMSUB", (string)channel!))!)[1] == 1, "it has subscribed");

        await queue.Backend.GetAsync(Guid.NewGuid(), Token);

        Assert.Equal("w", await woken.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Token));
    }

    [Fact]
    public async Task OutOfMemory_Operators_CanStillMakeRoom()
    {
        await using var full = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(full);
        await using var factory = new RedisQueueFactory(full.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 10, _ => Store.Message(size: 1 << 16));
        await Store.FetchAsync(queue, 2, ShortLease);
        await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 1));
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "1mb");

        var error = await Assert.ThrowsAsync<RedisServerException>(() => Store.AddAsync(queue, 1));
        Assert.Contains("OOM", error.Message, StringComparison.Ordinal);
        var all = await queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, 100, Token);
        await queue.PauseAsync(Token);
        Assert.True(await queue.CancelAsync(all[0].Id, Token));
        Assert.Equal(1, (await queue.CountAsync(Token)).Dead);
        await queue.PurgeDeadAsync(Token);
        await queue.PurgeAsync(Token);
        Assert.Equal(default, await queue.CountAsync(Token));
    }
}

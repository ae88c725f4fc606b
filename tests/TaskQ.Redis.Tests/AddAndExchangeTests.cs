using System.Diagnostics;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>Edges of adding and exchanging.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class AddAndExchangeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OutOfMemory_FetchWithARateLimit_GoesOn()
    {
        // R19: its first write is the SET of the rate limit, which needs memory.
        await using var full = await FullServerAsync();
        await using var factory = new RedisQueueFactory(full.Configuration);
        var queue = Probe.Queue(factory, options => options.RateLimit = RateLimit.PerSecond(1000));
        await Store.AddAsync(queue, 2);
        await FillAsync(full);

        Assert.Single((await Store.FetchAsync(queue, 1)).Deliveries);
    }

    [Fact]
    public async Task OutOfMemory_LeaseRanOut_IsTakenBack()
    {
        // R19: its first write is the HSET of the crash, which needs memory.
        await using var full = await FullServerAsync();
        await using var factory = new RedisQueueFactory(full.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 1);
        await Store.FetchAsync(queue, 1, TimeSpan.FromMilliseconds(1));
        await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        await FillAsync(full);

        Assert.Single((await Store.FetchAsync(queue, 1)).Deliveries);
    }

    [Fact]
    public async Task AddAsync_ManyWhileTheServerHangs_AllFailWithinTheTimeOfOne()
    {
        // R12: a batch waits for the one before it, which is tried again and again.
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(
            server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromMilliseconds(500), AddRetries = 1 });
        var queue = Probe.Queue(factory);
        await queue.CountAsync(Token);
        server.Pause();
        try
        {
            var started = Stopwatch.GetTimestamp();
            var adds = Enumerable.Range(0, 5000).Select(_ => queue.Backend.AddAsync(Store.Message(), Token).AsTask()).ToList();
            await Assert.ThrowsAsync<RedisUnavailableException>(() => adds[0]);
            var first = Stopwatch.GetElapsedTime(started);
            await Assert.ThrowsAsync<RedisUnavailableException>(() => adds[^1]);

            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, first * 3);
        }
        finally
        {
            server.Continue();
        }
    }

    [Fact]
    public async Task ExchangeAsync_IdWithoutRecordBeforeAMessage_BringsTheMessageAtOnce()
    {
        // What is popped and no message must not make a fetch wait while others are ready, nor leave a lease without a set.
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await Store.AddAsync(queue, 1);
        await admin.ListLeftPushAsync("tq:{" + queue.Name + "}:r", Guid.NewGuid().ToByteArray());
        var lease = new Lease(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Store.LongLease);

        var started = Stopwatch.GetTimestamp();
        await queue.Backend.ExchangeAsync([], new FetchRequest(lease, 1, TimeSpan.FromSeconds(5)), Token);

        Assert.Single(lease.Deliveries);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.Equal(1, await admin.SortedSetLengthAsync("tq:{" + queue.Name + "}:l"));
    }

    [Fact]
    public async Task GetAsync_DueAtTheEndOfTime_IsShown()
    {
        // The score is rounded beyond what a DateTimeOffset can hold.
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var message = Store.Message() with { DueAt = DateTimeOffset.MaxValue };
        await queue.Backend.AddAsync(message, Token);

        Assert.Equal(MessageState.Delayed, (await queue.Backend.GetAsync(message.Id, Token))!.State);
    }

    private static Task<RedisServer> FullServerAsync() => RedisServer.StartAsync();

    private static async Task FillAsync(RedisServer server) =>
        await (await Probe.AdminAsync(server)).ExecuteAsync("CONFIG", "SET", "maxmemory", "1mb");
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Network;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>A fetch brings 256 KB of records, or a single message that is larger; what does not fit stays the next to come.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class FetchBytesTests : IAsyncLifetime
{
    private const int Kilobyte = 1024;
    private const int Most = 256 * Kilobyte;

    private RedisServer _server = null!;
    private RedisQueueFactory _factory = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _factory = new RedisQueueFactory(_server.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(100, 20)]
    [InlineData(10 * Kilobyte, 200)]
    [InlineData(100 * Kilobyte, 20)]
    [InlineData(Kilobyte * Kilobyte, 5)]
    public async Task Fetch_OneSize_BringsWhatFitsInOrder(int size, int count)
    {
        var queue = Probe.Queue(_factory);
        var added = await AddAsync(queue, count, _ => Store.Message(size: size));

        var fetched = await FetchAllAsync(queue, count);

        Assert.Equal(added, fetched.SelectMany(static lease => lease.Deliveries).Select(static delivery => delivery.Id));
        Assert.Equal(Math.Clamp(Most / (size + 50), 1, count), fetched[0].Deliveries.Count);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(30)]
    public async Task Fetch_LargeAmongSmall_NoFetchBringsMoreThanFits(int everyNth)
    {
        var queue = Probe.Queue(_factory);
        var random = new Random(everyNth);
        var added = await AddAsync(queue, 300, _ => Store.Message(size: random.Next(everyNth) == 0 ? 200 * Kilobyte : 100));

        var fetched = await FetchAllAsync(queue, 300);

        Assert.Equal(added, fetched.SelectMany(static lease => lease.Deliveries).Select(static delivery => delivery.Id));
    }

    [Fact]
    public async Task Fetch_LargeOnesFallDue_BringsWhatFitsInOrder()
    {
        var queue = Probe.Queue(_factory);
        var due = TimeProvider.System.GetUtcNow();
        var added = await AddAsync(queue, 20, n => Store.Message(size: 100 * Kilobyte) with { DueAt = due.AddSeconds(1).AddMilliseconds(n) });
        await Task.Delay(TimeSpan.FromSeconds(1.2), TimeProvider.System, Token);

        var fetched = await FetchAllAsync(queue, 20);

        Assert.Equal(added, fetched.SelectMany(static lease => lease.Deliveries).Select(static delivery => delivery.Id));
    }

    [Theory]
    [InlineData("add")]
    [InlineData("named")]
    [InlineData("requeued")]
    [InlineData("replaced")]
    public async Task Fetch_OneLargeMessageIsHidden_LooksAtEachUntilAllAreGone(string how)
    {
        var admin = await Probe.AdminAsync(_server);
        var queue = Probe.Queue(_factory);
        var mark = "tq:{" + queue.Name + "}:z";
        MessageName? name = how is "named" or "replaced" ? Store.UniqueName(1) : null;
        if (how == "replaced")
        {
            await AddAsync(queue, 1, _ => Store.Message(name: name));
            name = name! with { Mode = DedupeMode.ReplacePending };
        }

        await AddAsync(queue, 1, _ => Store.Message(size: 3 * Kilobyte, name: name));
        if (how == "requeued")
        {
            await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 1));
            await Store.FetchAsync(queue, 1);
            Assert.False(await admin.KeyExistsAsync(mark));
            Assert.Equal(1, await queue.Backend.RequeueDeadAsync(1, Token));
        }

        Assert.Null(await admin.KeyTimeToLiveAsync(mark));
        Assert.True(await admin.KeyExistsAsync(mark));
        await Store.SettleAsync(queue, SettlementKind.Complete, await Store.FetchAsync(queue, 10));
        await Store.FetchAsync(queue, 1);
        Assert.False(await admin.KeyExistsAsync(mark));
    }

    [Fact]
    public async Task Fetch_MoreThanFitsIsReady_SaysSo()
    {
        var queue = Probe.Queue(_factory);
        await AddAsync(queue, 3, static _ => Store.Message(size: 100 * Kilobyte));

        Assert.True((await FetchAsync()).MoreReady);
        Assert.False((await FetchAsync()).MoreReady);

        async Task<ExchangeResult> FetchAsync() =>
            await queue.Backend.ExchangeAsync([], new FetchRequest(new Lease(Guid.NewGuid(), Store.LongLease), 100, TimeSpan.Zero), Token);
    }

    [Fact]
    public async Task Fetch_AgainUnderTheSameLease_BringsTheSame()
    {
        var queue = Probe.Queue(_factory);
        await AddAsync(queue, 20, static _ => Store.Message(size: 100 * Kilobyte));
        var lease = await Store.FetchAsync(queue, 500);
        var again = new Lease(lease.Id, lease.Duration);

        await queue.Backend.ExchangeAsync([], new FetchRequest(again, 500, TimeSpan.Zero), Token);

        Assert.Equal(lease.Deliveries.Select(static delivery => delivery.Id), again.Deliveries.Select(static delivery => delivery.Id));
        Assert.Equal(new QueueCounts(18, 0, 2, 0), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task Fetch_RateLimit_TakesPermitsForWhatItBrings()
    {
        var queue = Probe.Queue(_factory, static options => options.RateLimit = new RateLimit(10, TimeSpan.FromHours(10), burst: 10));
        await AddAsync(queue, 11, static _ => Store.Message(size: 100 * Kilobyte));

        var fetched = await FetchAllAsync(queue, 10);

        Assert.Equal([2, 2, 2, 2, 2], fetched.Select(static lease => lease.Deliveries.Count));
        Assert.Empty((await Store.FetchAsync(queue, 10)).Deliveries);
    }

    [Fact]
    public async Task Fetch_IdsWithoutRecordsBeforeALargeMessage_BringsIt()
    {
        var admin = await Probe.AdminAsync(_server);
        var queue = Probe.Queue(_factory);
        await AddAsync(queue, 3, static _ => Store.Message(size: Kilobyte * Kilobyte));
        for (var n = 0; n < 3; n++)
        {
            await admin.ListLeftPushAsync("tq:{" + queue.Name + "}:r", Guid.NewGuid().ToByteArray());
        }

        Assert.Single((await Store.FetchAsync(queue, 10)).Deliveries);
        Assert.Single((await Store.FetchAsync(queue, 10)).Deliveries);
    }

    [Fact]
    public async Task Consumer_SlowLink_RunsLargeMessagesOnce()
    {
        // All at once they would take 2 s, longer than a call may, again and again, until the lease runs out.
        await using var proxy = new FaultProxy(_server.Port) { Delay = TimeSpan.FromMilliseconds(20) };
        await using var far = new RedisQueueFactory(proxy.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        var producer = Probe.Queue(_factory);
        var consumer = Probe.Queue(far, options =>
            (options.Name, options.LeaseDuration, options.MaxFetchers, options.FetchBatchSize, options.BufferSize) =
            (producer.Name, TimeSpan.FromSeconds(5), 1, 100, 100));
        var task = producer.RegisterTask<string>("t");
        var runs = new ConcurrentQueue<(string Text, int Attempt)>();
        consumer.RegisterTask("t", (string text, TaskContext context) => runs.Enqueue((text, context.Attempt)));
        var texts = Enumerable.Range(0, 60).Select(static _ => RandomNumberGenerator.GetString("0123456789abcdef", 100 * Kilobyte)).ToArray();
        await producer.AddRangeAsync(texts.Select(text => task.WithArgs(text)), Token);

        await consumer.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await producer.CountAsync(Token) == default, "all are done", TimeSpan.FromSeconds(60));
        await consumer.StopAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(texts.Order(StringComparer.Ordinal), runs.Select(static run => run.Text).Order(StringComparer.Ordinal));
        Assert.All(runs, static run => Assert.Equal(1, run.Attempt));
    }

    private static async Task<List<Guid>> AddAsync(TaskQueue queue, int count, Func<int, NewMessage> create)
    {
        var ids = new List<Guid>();
        await Store.AddAsync(queue, count, n =>
        {
            var message = create(n);
            ids.Add(message.Id);
            return message;
        });
        return ids;
    }

    /// <summary>Fetches until so many have come; each fetch brings some, and no more than fit.</summary>
    private static async Task<List<Lease>> FetchAllAsync(TaskQueue queue, int count)
    {
        var fetched = new List<Lease>();
        while (fetched.Sum(static lease => lease.Deliveries.Count) < count)
        {
            var lease = await Store.FetchAsync(queue, 500);
            Assert.NotEmpty(lease.Deliveries);
            Assert.True(lease.Deliveries.Count == 1 || lease.Deliveries.Sum(static delivery => delivery.Body.Frame!.Length) <= Most);
            fetched.Add(lease);
        }

        return fetched;
    }
}

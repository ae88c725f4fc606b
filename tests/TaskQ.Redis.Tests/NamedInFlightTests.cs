using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>The set of messages in flight that have a name, by which <c>ReplacePending</c> knows what has started.</summary>
public sealed class NamedInFlightTests(RedisServer server) : IAsyncLifetime
{
    private readonly RedisQueueFactory _factory = new(server.Configuration);
    private TaskQueue _queue = null!;
    private IDatabase _admin = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Set => "tq:{" + _queue.Name + "}:f";

    public async ValueTask InitializeAsync()
    {
        _queue = Probe.Queue(_factory);
        _admin = await Probe.AdminAsync(server);
    }

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    [Theory]
    [InlineData(SettlementKind.Complete, 0)]
    [InlineData(SettlementKind.Retry, 0)]
    [InlineData(SettlementKind.Retry, 1)]
    [InlineData(SettlementKind.Release, 0)]
    [InlineData(SettlementKind.Release, 1)]
    [InlineData(SettlementKind.Dead, 0)]
    public async Task Settled_InAnyWay_LeavesTheSet(SettlementKind kind, int hours)
    {
        // Named and not, with names of both kinds, under one lease.
        await Store.AddAsync(_queue, 10);
        await Store.AddAsync(_queue, 10, n => Store.Message(name: Store.UniqueName(n)));
        await Store.AddAsync(_queue, 10, n => Store.Message(name: Windowed(100 + n)));
        var lease = await Store.FetchAsync(_queue, 30);
        await AssertSetAsync(20);
        var death = new Death(DeadReason.RetriesExhausted, null, null, 1);
        Settlement[] finished = [.. lease.Deliveries.Select(delivery => new Settlement(delivery, kind, TimeSpan.FromHours(hours), death))];

        await _queue.Backend.ExchangeAsync(finished[5..25], null, Token);
        await AssertSetAsync(5);
        await _queue.Backend.ExchangeAsync(finished, null, Token);
        await AssertSetAsync(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lease_RunsOut_LeavesTheSet(bool isCancelled)
    {
        await Store.AddAsync(_queue, 3, n => Store.Message(name: Store.UniqueName(n)));
        var lease = await Store.FetchAsync(_queue, 3, TimeSpan.FromMilliseconds(300));
        await AssertSetAsync(3);
        if (isCancelled)
        {
            Assert.True(await _queue.CancelAsync(lease.Deliveries[0].Id, Token));
        }

        await Probe.EventuallyAsync(async () => (await _queue.CountAsync(Token)).Ready == (isCancelled ? 2 : 3), "the lease is taken back");
        await AssertSetAsync(0);
    }

    [Fact]
    public async Task Exchange_Repeated_KeepsTheSet()
    {
        await Store.AddAsync(_queue, 3, n => Store.Message(name: Store.UniqueName(n)));
        var lease = await Store.FetchAsync(_queue, 3);
        await AssertSetAsync(3);

        await _queue.Backend.ExchangeAsync([], new FetchRequest(new Lease(lease.Id, lease.Duration), 3, TimeSpan.Zero), Token);
        await AssertSetAsync(3);
        Assert.Empty((await _queue.Backend.BeatAsync([lease], Token)).Lost);
        await AssertSetAsync(3);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(700)]
    public async Task Purge_FewOrManyLeases_LeavesNoSet(int leases)
    {
        await Store.AddAsync(_queue, leases, n => Store.Message(name: Store.UniqueName(n)));
        await Store.FetchEachAsync(_queue, leases);
        await AssertSetAsync(leases);

        await _queue.PurgeAsync(Token);

        await AssertSetAsync(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Requeued_WithAName_IsNotReplacedAndJoinsTheSet(bool untilFinished)
    {
        var name = untilFinished ? Store.UniqueName(1) : Windowed(1);
        var message = Store.Message(name: name, size: 10);
        await _queue.Backend.AddAsync(message, Token);
        await Store.SettleAsync(_queue, SettlementKind.Dead, await Store.FetchAsync(_queue, 1));
        Assert.True(await _queue.Backend.RequeueDeadAsync(message.Id, Token));

        var other = await _queue.Backend.AddAsync(Store.Message(name: name with { Mode = DedupeMode.ReplacePending }, size: 20), Token);

        // One of Unique() has lost its name with its death, one of a window keeps it to the end of that.
        Assert.Equal(untilFinished ? AddStatus.Added : AddStatus.Duplicate, other.Status);
        Assert.Equal(10, (await _queue.Backend.GetAsync(message.Id, Token))!.Body.Frame!.Length);
        var held = await Store.FetchAsync(_queue, 10);
        await AssertSetAsync(held.Deliveries.Count);
        await Store.SettleAsync(_queue, SettlementKind.Complete, held);
        await AssertSetAsync(0);
    }

    [Fact]
    public async Task ReplacePending_InFlight_LeavesItAloneUntilItIsGivenBack()
    {
        var message = Store.Message(name: Windowed(1), size: 10);
        await _queue.Backend.AddAsync(message, Token);
        var lease = await Store.FetchAsync(_queue, 1);

        await ReplaceAsync();
        Assert.Equal(10, (await _queue.Backend.GetAsync(message.Id, Token))!.Body.Frame!.Length);
        await Store.SettleAsync(_queue, SettlementKind.Release, lease);
        await ReplaceAsync();
        Assert.Equal(20, (await _queue.Backend.GetAsync(message.Id, Token))!.Body.Frame!.Length);
        await AssertSetAsync(0);
    }

    [Fact]
    public async Task ReplacePending_SetLacksAMessage_NothingGetsStuck()
    {
        await _queue.Backend.AddAsync(Store.Message(name: Windowed(1)), Token);
        var lease = await Store.FetchAsync(_queue, 1);
        await _admin.KeyDeleteAsync(Set);

        var delayed = Store.Message(TimeSpan.FromMilliseconds(200), name: Windowed(1) with { Mode = DedupeMode.ReplacePending });
        Assert.Equal(AddStatus.Duplicate, (await _queue.Backend.AddAsync(delayed, Token)).Status);
        await Store.SettleAsync(_queue, SettlementKind.Complete, lease);

        await Probe.EventuallyAsync(
            async () =>
            {
                Assert.Empty((await Store.FetchAsync(_queue, 10)).Deliveries);
                return await _queue.CountAsync(Token) == default;
            },
            "the queue is empty");
        await AssertSetAsync(0);
    }

    private static MessageName Windowed(int key) => new((UInt128)key, TimeSpan.FromHours(1), UntilFinished: false, DedupeMode.KeepFirst);

    private async Task ReplaceAsync() => Assert.Equal(
        AddStatus.Duplicate,
        (await _queue.Backend.AddAsync(Store.Message(name: Windowed(1) with { Mode = DedupeMode.ReplacePending }, size: 20), Token)).Status);

    private async Task AssertSetAsync(int count)
    {
        Assert.Equal(count, await _admin.SetLengthAsync(Set));
        (await KeyAudit.ReadAsync(_admin, _queue.Name)).AssertConsistent();
    }
}

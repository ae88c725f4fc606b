using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class SettleTests
{
    [Fact]
    public async Task ExchangeAsync_Complete_RemovesTheMessage()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        Assert.Equal("0 0 1 0", await rig.CountsAsync());

        ExchangeResult result = await rig.SettleAsync(delivery, SettlementKind.Complete);

        Assert.Empty(result.Lost);
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_SettledTwice_RefusesTheSecond()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        await rig.SettleAsync(delivery, SettlementKind.Complete);

        ExchangeResult result = await rig.SettleAsync(delivery, SettlementKind.Retry);

        Assert.Same(delivery, Assert.Single(result.Lost));
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_RetryWithDelay_ComesBackThenWithTheNextAttempt()
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();

        await rig.SettleAsync(delivery, SettlementKind.Retry, TimeSpan.FromSeconds(5));

        Assert.Equal("0 1 0 0", await rig.CountsAsync());
        rig.Advance(4.999);
        Assert.Equal("", await rig.FetchLabelsAsync());
        rig.Advance(0.001);
        Delivery again = await rig.FetchOneAsync();
        Assert.Equal((added.Id, 2, 0), (again.Id, again.Attempt, again.Crashes));
        Assert.NotSame(delivery, again);
        Assert.False(again.IsSettled);
    }

    [Fact]
    public async Task ExchangeAsync_Release_PutsThemFirstInTheirOrderUncounted()
    {
        await using var rig = new Rig();
        foreach (string label in new[] { "a", "b", "c", "d" })
        {
            await rig.AddAsync(label);
        }

        ExchangeResult fetched = await rig.FetchAsync(3);
        Settlement[] releases = [.. fetched.Deliveries.Select(delivery => new Settlement(delivery, SettlementKind.Release))];
        await rig.Backend.ExchangeAsync(releases, null, default);

        ExchangeResult again = await rig.FetchAsync();
        Assert.Equal("a b c d", Rig.Labels(again));
        Assert.All(again.Deliveries, delivery => Assert.Equal(1, delivery.Attempt));
    }

    [Fact]
    public async Task ExchangeAsync_ReleaseWithDelay_WaitsUncounted()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");

        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Release, TimeSpan.FromSeconds(2));

        Assert.Equal("0 1 0 0", await rig.CountsAsync());
        rig.Advance(2);
        Assert.Equal(1, (await rig.FetchOneAsync()).Attempt);
    }

    [Fact]
    public async Task ExchangeAsync_SettlesAndFetches_InOneCall()
    {
        await using var rig = new Rig(options => options.WorkerLimit = 1);
        await rig.AddAsync("a");
        await rig.AddAsync("b");
        Delivery first = await rig.FetchOneAsync();

        ExchangeResult next = await rig.Backend.ExchangeAsync(
            new List<Settlement> { new(first, SettlementKind.Complete) },
            new FetchRequest(Rig.NewLease(), 5, TimeSpan.Zero),
            default);

        Assert.Equal("b", Rig.Labels(next));
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
    }

    [Theory]
    [InlineData(SettlementKind.Retry)]
    [InlineData(SettlementKind.Release)]
    public async Task ExchangeAsync_CancelledInFlight_IsRemovedInsteadOfComingBack(SettlementKind kind)
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        Assert.True(await rig.Backend.CancelAsync(added.Id, default));

        ExchangeResult result = await rig.SettleAsync(delivery, kind);

        Assert.Empty(result.Lost);
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_RefusedSettlement_IsReportedAtOnceThoughTheFetchCouldWait()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        await rig.Backend.PurgeAsync(default);

        ExchangeResult result = await rig.Backend.ExchangeAsync(
            [new Settlement(delivery, SettlementKind.Complete)],
            new FetchRequest(Rig.NewLease(), 1, TimeSpan.FromMinutes(1)),
            default).AsTask().WaitAsync(Rig.Patience);

        Assert.Same(delivery, Assert.Single(result.Lost));
    }
}

using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class LeaseTests
{
    [Fact]
    public async Task Lease_RunsOut_OnlyUnsettledComeBackCountedAndFirst()
    {
        await using var rig = new Rig();
        foreach (string label in new[] { "a", "b", "c", "d" })
        {
            await rig.AddAsync(label);
        }

        ExchangeResult fetched = await rig.FetchAsync(3);
        await rig.SettleAsync(fetched.Deliveries[1], SettlementKind.Complete);
        rig.Advance(29.999);
        Assert.Equal("1 0 2 0", await rig.CountsAsync());
        rig.Advance(0.001);
        Assert.Equal("3 0 0 0", await rig.CountsAsync());

        ExchangeResult again = await rig.FetchAsync();
        Assert.Equal("a c d", Rig.Labels(again));
        Assert.Equal([(2, 1), (2, 1), (1, 0)], again.Deliveries.Select(delivery => (delivery.Attempt, delivery.Crashes)));
    }

    [Fact]
    public async Task Lease_RunsOut_TheOldHolderIsRefused()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        Delivery old = await rig.FetchOneAsync();
        rig.Advance(30);
        Delivery current = await rig.FetchOneAsync();

        ExchangeResult refused = await rig.SettleAsync(old, SettlementKind.Complete);

        Assert.Same(old, Assert.Single(refused.Lost));
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
        Assert.Empty((await rig.SettleAsync(current, SettlementKind.Complete)).Lost);
    }

    [Fact]
    public async Task Lease_RunsOut_WakesAWaitingFetch()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.FetchOneAsync();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        rig.Advance(30);

        Assert.Equal("a", Rig.Labels(await waiting.WaitAsync(Rig.Patience)));
    }

    [Fact]
    public async Task BeatAsync_BeforeTheEnd_ExtendsFromNow()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        for (int i = 0; i < 10; i++)
        {
            rig.Advance(20);
            Assert.Same(BeatResult.AllHeld, await rig.Backend.BeatAsync([delivery.Lease!], default));
        }

        rig.Advance(29.999);
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
        rig.Advance(0.001);
        Assert.Equal("1 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task BeatAsync_AfterTheEnd_ReportsWhatIsLost()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.AddAsync("b");
        ExchangeResult fetched = await rig.FetchAsync();
        Lease lease = fetched.Deliveries[0].Lease!;
        await rig.SettleAsync(fetched.Deliveries[0], SettlementKind.Complete);
        rig.Advance(30);

        BeatResult beat = await rig.Backend.BeatAsync([lease], default);

        Assert.Same(fetched.Deliveries[1], Assert.Single(beat.Lost));
        Assert.Empty(beat.Cancelled);
    }

    [Fact]
    public async Task BeatAsync_Cancelled_ReportsItWhileItIsHeld()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        AddResult added = await rig.AddAsync("b");
        ExchangeResult fetched = await rig.FetchAsync();
        Assert.True(await rig.Backend.CancelAsync(added.Id, default));

        BeatResult beat = await rig.Backend.BeatAsync([fetched.Deliveries[0].Lease!], default);

        Assert.Same(fetched.Deliveries[1], Assert.Single(beat.Cancelled));
        Assert.Empty(beat.Lost);
    }

    [Fact]
    public async Task BeatAsync_Purged_ReportsAllAsLost()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.AddAsync("b");
        ExchangeResult fetched = await rig.FetchAsync();
        await rig.Backend.PurgeAsync(default);

        BeatResult beat = await rig.Backend.BeatAsync([fetched.Deliveries[0].Lease!], default);

        Assert.Equal(fetched.Deliveries, beat.Lost);
    }

    [Fact]
    public async Task ExchangeAsync_SameLeaseAgain_ReturnsWhatItHolds()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.AddAsync("b");
        var lease = Rig.NewLease();
        ExchangeResult first = await rig.FetchAsync(1, lease: lease);

        ExchangeResult second = await rig.FetchAsync(1, lease: new Lease(lease.Id, lease.Duration));

        Assert.Equal("a", Rig.Labels(second));
        Assert.Same(first.Deliveries[0], second.Deliveries[0]);
        Assert.Equal("1 0 1 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task Lease_OfDifferentDurations_EndEachInItsTime()
    {
        await using var rig = new Rig();
        await rig.AddAsync("long");
        await rig.AddAsync("short");
        await rig.FetchAsync(1, lease: new Lease(Guid.NewGuid(), TimeSpan.FromSeconds(60)));
        await rig.FetchAsync(1, lease: new Lease(Guid.NewGuid(), TimeSpan.FromSeconds(5)));

        rig.Advance(5);
        Delivery shorter = await rig.FetchOneAsync();
        Assert.Equal("short", Rig.Label(shorter));
        await rig.SettleAsync(shorter, SettlementKind.Complete);
        rig.Advance(54.999);
        Assert.Equal("", await rig.FetchLabelsAsync());
        rig.Advance(0.001);
        Assert.Equal("long", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task Suspect_AfterTwoLostLeases_IsFetchedAloneOnly()
    {
        await using var rig = new Rig();
        await rig.AddAsync("guilty");
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.AddAsync("neighbour");

        ExchangeResult ordinary = await rig.FetchAsync();
        Assert.Equal("neighbour", Rig.Labels(ordinary));
        Assert.True(ordinary.SuspectsWaiting);
        Assert.Equal("1 0 1 0", await rig.CountsAsync());

        ExchangeResult suspect = await rig.FetchAsync(100, suspect: true);
        Assert.Equal("guilty", Rig.Labels(suspect));
        Assert.Equal((3, 2), (suspect.Deliveries[0].Attempt, suspect.Deliveries[0].Crashes));
        Assert.False(suspect.SuspectsWaiting);
    }

    [Fact]
    public async Task Suspect_Waiting_EndsAWaitingOrdinaryFetch()
    {
        await using var rig = new Rig();
        await rig.AddAsync("guilty");
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.FetchOneAsync();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        Task<ExchangeResult> alone = rig.WaitingFetchAsync(suspect: true);

        rig.Advance(30);

        Assert.Equal("guilty", Rig.Labels(await alone.WaitAsync(Rig.Patience)));
        Assert.Empty((await waiting.WaitAsync(Rig.Patience)).Deliveries);
    }

    [Fact]
    public async Task Suspect_WaitingAlready_OrdinaryFetchDoesNotWait()
    {
        await using var rig = new Rig();
        await rig.AddAsync("guilty");
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.FetchOneAsync();
        rig.Advance(30);

        ExchangeResult result = await rig.WaitingFetchAsync().WaitAsync(Rig.Patience);

        Assert.Empty(result.Deliveries);
        Assert.True(result.SuspectsWaiting);
    }

    [Fact]
    public async Task Suspect_FailsWithRetry_StaysSuspect()
    {
        await using var rig = new Rig();
        await rig.AddAsync("guilty");
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.SettleAsync(await rig.FetchOneAsync(suspect: true), SettlementKind.Retry, TimeSpan.FromSeconds(3));
        rig.Advance(3);

        Assert.Equal("", await rig.FetchLabelsAsync());
        Assert.Equal(4, (await rig.FetchOneAsync(suspect: true)).Attempt);
    }
}

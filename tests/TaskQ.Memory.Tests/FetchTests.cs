using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class FetchTests
{
    [Fact]
    public async Task ExchangeAsync_Max_ReservesTheOldestUpToIt()
    {
        await using var rig = new Rig();
        for (int i = 0; i < 5; i++)
        {
            await rig.AddAsync($"{i}");
        }

        ExchangeResult result = await rig.FetchAsync(3);

        Assert.Equal("0 1 2", Rig.Labels(result));
        Assert.Same(result.Deliveries, result.Deliveries[0].Lease!.Deliveries);
        Assert.Equal("2 0 3 0", await rig.CountsAsync());
        Assert.Equal("3 4", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_NothingThere_WaitsForTheFirst()
    {
        await using var rig = new Rig();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        Assert.False(waiting.IsCompleted);

        await rig.AddAsync("a");

        Assert.Equal("a", Rig.Labels(await waiting.WaitAsync(Rig.Patience)));
    }

    [Fact]
    public async Task ExchangeAsync_NothingComes_EndsAfterTheWait()
    {
        await using var rig = new Rig();
        Task<ExchangeResult> waiting = rig.FetchAsync(1, TimeSpan.FromSeconds(10));
        rig.Advance(9.999);
        Assert.Equal(1, rig.Backend.WaiterCount);

        rig.Advance(0.001);

        ExchangeResult result = await waiting.WaitAsync(Rig.Patience);
        Assert.Empty(result.Deliveries);
        Assert.Equal(0, rig.Backend.WaiterCount);
    }

    [Fact]
    public async Task ExchangeAsync_ManyWait_EachMessageWakesOneThatTakesIt()
    {
        await using var rig = new Rig();
        Task<ExchangeResult>[] waiting = [.. Enumerable.Range(0, 8).Select(_ => rig.WaitingFetchAsync(1))];
        for (int i = 0; i < 8; i++)
        {
            await rig.AddAsync($"{i}");
        }

        ExchangeResult[] results = await Task.WhenAll(waiting).WaitAsync(Rig.Patience);

        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => $"{i}"),
            results.Select(Rig.Labels).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ExchangeAsync_ManyWaitForOneMessage_TheOthersGoOnWaiting()
    {
        await using var rig = new Rig();
        Task<ExchangeResult>[] waiting = [.. Enumerable.Range(0, 3).Select(_ => rig.WaitingFetchAsync())];

        await rig.AddAsync("a");

        Task<ExchangeResult> first = await Task.WhenAny(waiting).WaitAsync(Rig.Patience);
        Assert.Equal("a", Rig.Labels(await first));
        Assert.Equal(2, rig.Backend.WaiterCount);
        Assert.Equal(2, waiting.Count(task => !task.IsCompleted));
    }

    [Fact]
    public async Task ExchangeAsync_Cancelled_EndsEmptyAndKeepsTheMessage()
    {
        await using var rig = new Rig();
        using var source = new CancellationTokenSource();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync(cancellationToken: source.Token);

        await source.CancelAsync();

        Assert.Empty((await waiting.WaitAsync(Rig.Patience)).Deliveries);
        Assert.Equal(0, rig.Backend.WaiterCount);
        await rig.AddAsync("a");
        Assert.Equal("a", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_CancelledBefore_SettlesButReservesNothing()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.AddAsync("b");
        Delivery delivery = await rig.FetchOneAsync();

        ExchangeResult result = await rig.Backend.ExchangeAsync(
            [new Settlement(delivery, SettlementKind.Complete)],
            new FetchRequest(Rig.NewLease(), 1, TimeSpan.FromMinutes(1)),
            new CancellationToken(canceled: true));

        Assert.Empty(result.Deliveries);
        Assert.Equal("1 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task ExchangeAsync_CancelRacesWithAdd_LosesNoMessageAndNoWakeUp()
    {
        await using var rig = new Rig();
        for (int round = 0; round < 500; round++)
        {
            using var source = new CancellationTokenSource();
            Task<ExchangeResult> cancelled = rig.WaitingFetchAsync(1, cancellationToken: source.Token);
            Task<ExchangeResult> other = rig.WaitingFetchAsync(1);
            await Task.WhenAll(
                Task.Run(source.Cancel),
                Task.Run(async () => await rig.AddAsync("m")));

            ExchangeResult first = await cancelled.WaitAsync(Rig.Patience);
            if (first.Deliveries.Count == 1)
            {
                await rig.AddAsync("m");
            }

            ExchangeResult second = await other.WaitAsync(Rig.Patience);
            Assert.Single(second.Deliveries);
            await rig.SettleAsync(second.Deliveries[0], SettlementKind.Complete);
            foreach (Delivery delivery in first.Deliveries)
            {
                await rig.SettleAsync(delivery, SettlementKind.Complete);
            }

            Assert.Equal("0 0 0 0", await rig.CountsAsync());
        }
    }

    [Fact]
    public async Task SetPausedAsync_Paused_FetchesNothingAndSaysSo()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.Backend.SetPausedAsync(true, default);

        ExchangeResult result = await rig.FetchAsync();

        Assert.True(result.Paused);
        Assert.Empty(result.Deliveries);
    }

    [Fact]
    public async Task SetPausedAsync_Resumed_WakesAFetchThatWaits()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.Backend.SetPausedAsync(true, default);
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        Assert.False(waiting.IsCompleted);

        await rig.Backend.SetPausedAsync(false, default);

        ExchangeResult result = await waiting.WaitAsync(Rig.Patience);
        Assert.Equal("a", Rig.Labels(result));
        Assert.False(result.Paused);
    }

    [Fact]
    public async Task SetPausedAsync_PausedForLong_FetchEndsAfterItsWait()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        await rig.Backend.SetPausedAsync(true, default);
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        rig.Advance(60);

        Assert.True((await waiting.WaitAsync(Rig.Patience)).Paused);
    }

    [Fact]
    public async Task SetPausedAsync_WhileAFetchWaits_TellsIt()
    {
        await using var rig = new Rig();
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        await rig.Backend.SetPausedAsync(true, default);

        Assert.True((await waiting.WaitAsync(Rig.Patience)).Paused);
    }
}

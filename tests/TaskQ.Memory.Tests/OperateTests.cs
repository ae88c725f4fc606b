using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class OperateTests
{
    [Fact]
    public async Task GetAsync_EveryState_ShowsWhereItStands()
    {
        await using var rig = new Rig();
        DateTimeOffset now = rig.Clock.GetUtcNow();
        AddResult dead = await rig.AddAsync("dead");
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Dead, death: new Death("x", "T", "m", 7));
        AddResult running = await rig.AddAsync("running");
        await rig.FetchOneAsync();
        AddResult ready = await rig.AddAsync("ready");
        AddResult delayed = await rig.AddAsync("delayed", TimeSpan.FromMinutes(1));

        Assert.Equal(
            [
                (MessageState.Dead, 7, now),
                (MessageState.InFlight, 1, now),
                (MessageState.Ready, 0, now),
                (MessageState.Delayed, 0, now.AddMinutes(1)),
            ],
            await Task.WhenAll(new[] { dead, running, ready, delayed }.Select(async added =>
            {
                StoredMessage? found = await rig.Backend.GetAsync(added.Id, default);
                Assert.Equal(added.Id, found!.Id);
                return (found.State, found.Attempt, found.DueAt);
            })));
        Assert.Null(await rig.Backend.GetAsync(Guid.NewGuid(), default));
        Assert.Equal("1 1 1 1", await rig.CountsAsync());
    }

    [Fact]
    public async Task ListAsync_Filters_ByStateTaskAndAge()
    {
        await using var rig = new Rig();
        DateTimeOffset now = rig.Clock.GetUtcNow();
        await rig.AddAsync(Rig.Message("old-x", task: "x", enqueuedAt: now.AddMinutes(-10)));
        await rig.AddAsync(Rig.Message("new-x", task: "x", enqueuedAt: now));
        await rig.AddAsync(Rig.Message("old-y", task: "y", enqueuedAt: now.AddMinutes(-10)));
        await rig.AddAsync(Rig.Message("late-x", TimeSpan.FromHours(2), task: "x", enqueuedAt: now));
        await rig.AddAsync(Rig.Message("soon-x", TimeSpan.FromHours(1), task: "x", enqueuedAt: now));

        Assert.Equal("old-x new-x old-y soon-x late-x", await ListAsync(rig, new MessageFilter()));
        Assert.Equal("old-x new-x", await ListAsync(rig, new MessageFilter(), 2));
        Assert.Equal("old-y", await ListAsync(rig, new MessageFilter { TaskName = "y" }));
        Assert.Equal("soon-x late-x", await ListAsync(rig, new MessageFilter { State = MessageState.Delayed }));
        Assert.Equal("soon-x", await ListAsync(rig, new MessageFilter { State = MessageState.Delayed }, 1));
        Assert.Equal("old-x old-y", await ListAsync(rig, new MessageFilter { MinAge = TimeSpan.FromMinutes(10) }));
        Assert.Equal("", await ListAsync(rig, new MessageFilter { State = MessageState.Dead }));
    }

    [Fact]
    public async Task CancelAsync_ReadyAndDelayed_AreRemoved()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a");
        AddResult ready = await rig.AddAsync("b");
        await rig.AddAsync("c");
        AddResult delayed = await rig.AddAsync("d", TimeSpan.FromSeconds(1));
        await rig.AddAsync("e", TimeSpan.FromSeconds(1));

        Assert.True(await rig.Backend.CancelAsync(ready.Id, default));
        Assert.True(await rig.Backend.CancelAsync(delayed.Id, default));

        Assert.False(await rig.Backend.CancelAsync(ready.Id, default));
        Assert.Equal("2 1 0 0", await rig.CountsAsync());
        rig.Advance(1);
        Assert.Equal("a c e", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task CancelAsync_DeadLetter_IsNotFound()
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a");
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Dead);

        Assert.False(await rig.Backend.CancelAsync(added.Id, default));
        Assert.Equal("0 0 0 1", await rig.CountsAsync());
    }

    [Fact]
    public async Task RescheduleAsync_MovesBothWays()
    {
        await using var rig = new Rig();
        DateTimeOffset now = rig.Clock.GetUtcNow();
        AddResult ready = await rig.AddAsync("ready");
        AddResult delayed = await rig.AddAsync("delayed", TimeSpan.FromHours(1));

        Assert.True(await rig.Backend.RescheduleAsync(ready.Id, now.AddSeconds(5), default));
        Assert.True(await rig.Backend.RescheduleAsync(delayed.Id, now.AddSeconds(-5), default));

        Assert.Equal("delayed", await rig.FetchLabelsAsync());
        rig.Advance(5);
        Assert.Equal("ready", await rig.FetchLabelsAsync());
        Assert.False(await rig.Backend.RescheduleAsync(ready.Id, now, default));
    }

    [Fact]
    public async Task RescheduleAsync_ToNow_WakesAWaitingFetch()
    {
        await using var rig = new Rig();
        AddResult delayed = await rig.AddAsync("a", TimeSpan.FromHours(1));
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        await rig.Backend.RescheduleAsync(delayed.Id, rig.Clock.GetUtcNow(), default);

        Assert.Equal("a", Rig.Labels(await waiting.WaitAsync(Rig.Patience)));
    }

    [Fact]
    public async Task RescheduleAsync_BackAndForth_RunsOnce()
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a");
        DateTimeOffset now = rig.Clock.GetUtcNow();
        for (int i = 0; i < 300; i++)
        {
            await rig.Backend.RescheduleAsync(added.Id, now.AddSeconds(i % 2), default);
        }

        rig.Advance(1);
        Assert.Equal("a", await rig.FetchLabelsAsync());
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task PurgeAsync_RemovesAllButDeadLettersAndRefusesWhatRuns()
    {
        await using var rig = new Rig();
        await rig.AddAsync("dead");
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Dead);
        await rig.AddAsync("running");
        Delivery running = await rig.FetchOneAsync();
        await rig.AddAsync("ready");
        await rig.AddAsync("delayed", TimeSpan.FromSeconds(1));

        await rig.Backend.PurgeAsync(default);

        Assert.Equal("0 0 0 1", await rig.CountsAsync());
        Assert.Same(running, Assert.Single((await rig.SettleAsync(running, SettlementKind.Retry)).Lost));
        rig.Advance(100);
        await rig.AddAsync("new");
        Assert.Equal("new", await rig.FetchLabelsAsync());
    }

    private static async Task<string> ListAsync(Rig rig, MessageFilter filter, int max = 100) => string.Join(
        ' ',
        (await rig.Backend.ListAsync(filter, max, default)).Select(found => System.Text.Encoding.UTF8.GetString(found.Body.Frame!)));
}

using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class NameTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task AddAsync_NameTaken_IsADuplicateOfTheFirst()
    {
        await using var rig = new Rig();
        AddResult first = await rig.AddAsync("a", name: Name(1));

        AddResult second = await rig.AddAsync("b", name: Name(1));

        Assert.Equal(AddStatus.Added, first.Status);
        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        Assert.Equal("a", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_SameMessageAgain_CountsAsAddedOnce()
    {
        await using var rig = new Rig();
        NewMessage message = Rig.Message("a", name: Name(1));
        await rig.AddAsync(message);

        Assert.Equal(AddStatus.Added, (await rig.AddAsync(message)).Status);
        Assert.Equal("1 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task AddAsync_Window_HoldsToTheTickWhateverBecomesOfTheMessage()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a", name: Name(1));
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Complete);

        rig.Clock.Advance(Hour - TimeSpan.FromTicks(1));
        Assert.True((await rig.AddAsync("b", name: Name(1))).IsDuplicate);
        rig.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.False((await rig.AddAsync("c", name: Name(1))).IsDuplicate);
        Assert.Equal("c", await rig.FetchLabelsAsync());
    }

    [Theory]
    [InlineData("complete")]
    [InlineData("dead")]
    [InlineData("cancel")]
    [InlineData("cancelled and released")]
    [InlineData("cancelled and expired")]
    [InlineData("purge ready")]
    [InlineData("purge in flight")]
    public async Task AddAsync_UntilFinished_IsFreeWhenTheMessageEnds(string end)
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a", name: Name(1, untilFinished: true));
        Assert.True((await rig.AddAsync("b", name: Name(1, untilFinished: true))).IsDuplicate);
        Delivery? delivery = end is "cancel" or "purge ready" ? null : await rig.FetchOneAsync();
        switch (end)
        {
            case "complete":
                await rig.SettleAsync(delivery!, SettlementKind.Complete);
                break;
            case "dead":
                await rig.SettleAsync(delivery!, SettlementKind.Dead, death: new Death("x", null, null, 1));
                break;
            case "cancel":
                await rig.Backend.CancelAsync(added.Id, default);
                break;
            case "cancelled and released":
                await rig.Backend.CancelAsync(added.Id, default);
                await rig.SettleAsync(delivery!, SettlementKind.Release);
                break;
            case "cancelled and expired":
                await rig.Backend.CancelAsync(added.Id, default);
                rig.Advance(30);
                break;
            default:
                await rig.Backend.PurgeAsync(default);
                break;
        }

        Assert.False((await rig.AddAsync("b", name: Name(1, untilFinished: true))).IsDuplicate);
        Assert.Equal("b", await rig.FetchLabelsAsync());
    }

    [Theory]
    [InlineData(SettlementKind.Retry)]
    [InlineData(SettlementKind.Release)]
    public async Task AddAsync_UntilFinished_IsKeptWhileTheMessageLives(SettlementKind kind)
    {
        await using var rig = new Rig();
        await rig.AddAsync("a", name: Name(1, untilFinished: true));
        await rig.SettleAsync(await rig.FetchOneAsync(), kind);
        Assert.True((await rig.AddAsync("b", name: Name(1, untilFinished: true))).IsDuplicate);
        await rig.FetchOneAsync();
        rig.Advance(30);
        Assert.True((await rig.AddAsync("c", name: Name(1, untilFinished: true))).IsDuplicate);
    }

    [Fact]
    public async Task AddAsync_UntilFinishedAfterRequeue_IsNotTakenAgain()
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a", name: Name(1, untilFinished: true));
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Dead);
        AddResult other = await rig.AddAsync("b", name: Name(1, untilFinished: true));
        Assert.True(await rig.Backend.RequeueDeadAsync(added.Id, default));

        ExchangeResult both = await rig.FetchAsync();
        await rig.SettleAsync(both.Deliveries.Single(delivery => delivery.Id == added.Id), SettlementKind.Complete);

        Assert.Equal(other.Id, (await rig.AddAsync("c", name: Name(1, untilFinished: true))).Id);
    }

    [Fact]
    public async Task PurgeAsync_WindowedNames_StayTaken()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a", name: Name(1));

        await rig.Backend.PurgeAsync(default);

        Assert.True((await rig.AddAsync("b", name: Name(1))).IsDuplicate);
        Assert.True((await rig.AddAsync("b", name: Name(1, mode: DedupeMode.ReplacePending))).IsDuplicate);
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(5, 9)]
    [InlineData(9, 5)]
    public async Task AddAsync_ReplacePending_SwapsBodyAndDueTimeAndKeepsTheId(int before, int after)
    {
        await using var rig = new Rig();
        AddResult first = await rig.AddAsync("old", TimeSpan.FromSeconds(before), Replacing());

        AddResult second = await rig.AddAsync("new", TimeSpan.FromSeconds(after), Replacing());

        Assert.Equal(new AddResult(first.Id, AddStatus.Duplicate), second);
        if (after > 0)
        {
            rig.Advance(after - 0.001);
            Assert.Equal("0 1 0 0", await rig.CountsAsync());
            rig.Advance(0.001);
        }

        Delivery delivery = await rig.FetchOneAsync();
        Assert.Equal(("new", first.Id, 1), (Rig.Label(delivery), delivery.Id, delivery.Attempt));
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task AddAsync_ReplacePendingOften_LastOneWinsOnce()
    {
        await using var rig = new Rig();
        for (int i = 0; i < 1000; i++)
        {
            await rig.AddAsync($"{i}", TimeSpan.FromSeconds(i % 3), Replacing());
        }

        rig.Advance(3);
        Assert.Equal("999", await rig.FetchLabelsAsync());
        Assert.Equal("0 0 1 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task AddAsync_ReplacePendingWithAnotherTask_IsFoundUnderIt()
    {
        await using var rig = new Rig();
        AddResult first = await rig.AddAsync(Rig.Message("old", TimeSpan.FromSeconds(9), Replacing(), task: "one"));
        await rig.AddAsync(Rig.Message("new", TimeSpan.FromSeconds(9), Replacing(), task: "two"));

        StoredMessage found = Assert.Single(await rig.Backend.ListAsync(new MessageFilter { TaskName = "two" }, 9, default));

        Assert.Equal(first.Id, found.Id);
    }

    [Fact]
    public async Task AddAsync_ReplacePendingOfOneThatStarted_SwapsNothing()
    {
        await using var rig = new Rig();
        await rig.AddAsync("old", name: Replacing());
        Delivery delivery = await rig.FetchOneAsync();

        Assert.True((await rig.AddAsync("new", name: Replacing())).IsDuplicate);
        await rig.SettleAsync(delivery, SettlementKind.Retry, TimeSpan.FromSeconds(1));
        Assert.True((await rig.AddAsync("new", name: Replacing())).IsDuplicate);

        rig.Advance(1);
        Assert.Equal("old", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_ReplacePendingOfOneGivenBack_SwapsIt()
    {
        await using var rig = new Rig();
        await rig.AddAsync("old", name: Replacing());
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Release);

        await rig.AddAsync("new", name: Replacing());

        Assert.Equal("new", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_ReplacePendingWithReferences_PassesTheLaterMessageUnderTheEarlierId()
    {
        await using var rig = new Rig();
        var earlier = new TaskMessage("task", Guid.NewGuid(), null!, null, null, default);
        var later = new TaskMessage("task", Guid.NewGuid(), null!, null, null, default);
        await rig.AddAsync(new NewMessage(earlier.Id, new MessageBody(earlier), "task", default, default, null, Replacing()));
        await rig.AddAsync(new NewMessage(later.Id, new MessageBody(later), "task", default, default, null, Replacing()));

        Delivery delivery = await rig.FetchOneAsync();

        Assert.Equal(earlier.Id, delivery.Id);
        Assert.Same(later, delivery.Body.Message);
    }

    [Fact]
    public async Task AddAsync_ExpiredNames_AreForgotten()
    {
        await using var rig = new Rig();
        for (int i = 0; i < 10_000; i++)
        {
            await rig.AddAsync("a", name: Name((UInt128)i, window: TimeSpan.FromSeconds(10)));
            rig.Advance(0.1);
        }

        Assert.InRange(rig.Backend.NameCount, 100, 110);
    }

    [Fact]
    public async Task AddAsync_MoreNamesThanTheCap_ForgetsTheFirstToExpire()
    {
        await using var rig = new Rig(memory: new MemoryOptions { MaxNames = 100 });
        await rig.AddAsync("early", name: Name(9999, window: TimeSpan.FromMinutes(1)));
        for (int i = 0; i < 100; i++)
        {
            await rig.AddAsync("a", name: Name((UInt128)i));
        }

        Assert.Equal(100, rig.Backend.NameCount);
        Assert.True((await rig.AddAsync("a", name: Name(99))).IsDuplicate);
        Assert.False((await rig.AddAsync("early", name: Name(9999))).IsDuplicate);
    }

    [Fact]
    public async Task AddAsync_HundredProducersOneName_AddOne()
    {
        await using var rig = new Rig();
        for (int round = 0; round < 50; round++)
        {
            UInt128 key = (UInt128)round;
            AddResult[] results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
                Task.Run(async () => await rig.AddAsync($"{i}", name: Name(key)))));

            AddResult winner = Assert.Single(results, result => !result.IsDuplicate);
            Assert.All(results, result => Assert.Equal(winner.Id, result.Id));
        }

        Assert.Equal("50 0 0 0", await rig.CountsAsync());
    }

    private static MessageName Replacing() => Name(1, mode: DedupeMode.ReplacePending);

    private static MessageName Name(
        UInt128 key,
        bool untilFinished = false,
        DedupeMode mode = DedupeMode.KeepFirst,
        TimeSpan? window = null) => new(key, window ?? Hour, untilFinished, mode);
}

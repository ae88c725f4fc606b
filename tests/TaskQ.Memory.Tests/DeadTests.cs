using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class DeadTests
{
    [Fact]
    public async Task PeekDeadAsync_OrderOfDeath_WithWhyAndWhen()
    {
        await using var rig = new Rig();
        await KillAsync(rig, "a");
        rig.Advance(5);
        await KillAsync(rig, "b");

        IReadOnlyList<DeadMessage> dead = await rig.Backend.PeekDeadAsync(10, default);

        Assert.Equal(["a", "b"], dead.Select(Label));
        Assert.Equal(new Death("reason of a", "T", "m", 1), dead[0].Death);
        Assert.Equal(TimeSpan.FromSeconds(5), dead[1].DiedAt - dead[0].DiedAt);
        Assert.Single(await rig.Backend.PeekDeadAsync(1, default));
        Assert.Equal(dead[1], await rig.Backend.GetDeadAsync(dead[1].Id, default));
        Assert.Null(await rig.Backend.GetDeadAsync(Guid.NewGuid(), default));
    }

    [Fact]
    public async Task RequeueDeadAsync_Max_RevivesTheOldestCountedAnew()
    {
        await using var rig = new Rig();
        await KillAsync(rig, "a");
        await KillAsync(rig, "b");
        await KillAsync(rig, "c");
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();

        Assert.Equal(2, await rig.Backend.RequeueDeadAsync(2, default));

        ExchangeResult result = await waiting.WaitAsync(Rig.Patience);
        Assert.Equal("a b", Rig.Labels(result));
        Assert.All(result.Deliveries, delivery => Assert.Equal((1, 0), (delivery.Attempt, delivery.Crashes)));
        Assert.Equal("0 0 2 1", await rig.CountsAsync());
    }

    [Fact]
    public async Task RequeueDeadAsync_OfASuspect_IsNoSuspect()
    {
        await using var rig = new Rig();
        AddResult added = await rig.AddAsync("a");
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.FetchOneAsync();
        rig.Advance(30);
        await rig.SettleAsync(await rig.FetchOneAsync(suspect: true), SettlementKind.Dead);

        Assert.True(await rig.Backend.RequeueDeadAsync(added.Id, default));

        Assert.Equal((1, 0), ((await rig.FetchOneAsync()) is var delivery ? (delivery.Attempt, delivery.Crashes) : default));
    }

    [Fact]
    public async Task DeleteDeadAsync_AndPurgeDeadAsync_RemoveThem()
    {
        await using var rig = new Rig();
        Guid first = await KillAsync(rig, "a");
        await KillAsync(rig, "b");

        Assert.True(await rig.Backend.DeleteDeadAsync(first, default));
        Assert.False(await rig.Backend.DeleteDeadAsync(first, default));
        Assert.False(await rig.Backend.RequeueDeadAsync(first, default));
        Assert.Equal("0 0 0 1", await rig.CountsAsync());
        await rig.Backend.PurgeDeadAsync(default);
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task Retention_OlderThanIt_IsDropped()
    {
        await using var rig = new Rig(options => options.DeadLetterRetention = TimeSpan.FromDays(1));
        await KillAsync(rig, "a");
        rig.Clock.Advance(TimeSpan.FromHours(12));
        await KillAsync(rig, "b");

        rig.Clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromTicks(1));
        Assert.Equal("0 0 0 2", await rig.CountsAsync());
        rig.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["b"], (await rig.Backend.PeekDeadAsync(10, default)).Select(Label));
        Assert.Equal("0 0 0 1", await rig.CountsAsync());
    }

    [Fact]
    public async Task MaxDeadLetters_MoreThanIt_DropsTheOldest()
    {
        await using var rig = new Rig(memory: new MemoryOptions { MaxDeadLetters = 3 });
        foreach (string label in new[] { "a", "b", "c", "d", "e" })
        {
            await KillAsync(rig, label);
        }

        Assert.Equal(["c", "d", "e"], (await rig.Backend.PeekDeadAsync(10, default)).Select(Label));
    }

    private static string Label(DeadMessage dead) => System.Text.Encoding.UTF8.GetString(dead.Body.Frame!);

    private static async Task<Guid> KillAsync(Rig rig, string label)
    {
        AddResult added = await rig.AddAsync(label);
        await rig.SettleAsync(await rig.FetchOneAsync(), SettlementKind.Dead, death: new Death($"reason of {label}", "T", "m", 1));
        return added.Id;
    }
}

using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class CapacityTests
{
    [Fact]
    public async Task AddAsync_FullAndFail_ThrowsAndStoresNothing()
    {
        await using var rig = Bounded(2, CapacityMode.Fail);
        await rig.AddAsync("ready");
        await rig.AddAsync("delayed", TimeSpan.FromHours(1));

        var error = await Assert.ThrowsAsync<QueueFullException>(async () => await rig.AddAsync("c"));

        Assert.Contains("'q'", error.Message, StringComparison.Ordinal);
        Assert.Equal("1 1 0 0", await rig.CountsAsync());
        await rig.FetchOneAsync();
        await rig.AddAsync("d");
    }

    [Fact]
    public async Task AddRangeAsync_DoesNotFitAndFail_StoresNothing()
    {
        await using var rig = Bounded(2, CapacityMode.Fail);
        NewMessage[] messages = [Rig.Message("a"), Rig.Message("b"), Rig.Message("c")];

        await Assert.ThrowsAsync<QueueFullException>(async () => await rig.Backend.AddRangeAsync(messages, default));
        Assert.Equal("0 0 0 0", await rig.CountsAsync());
        await rig.Backend.AddRangeAsync(messages.AsMemory(0, 2), default);
        Assert.Equal("2 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task AddAsync_FullAndWait_IsStoredInOrderWhenThereIsRoom()
    {
        await using var rig = Bounded(1, CapacityMode.Wait);
        await rig.AddAsync("a");
        Task<AddResult> second = rig.AddAsync("b").AsTask();
        Task<AddResult> third = rig.AddAsync("c").AsTask();
        Assert.False(second.IsCompleted);

        Assert.Equal("a", await rig.FetchLabelsAsync());
        Assert.False((await second.WaitAsync(Rig.Patience)).IsDuplicate);
        Assert.False(third.IsCompleted);
        Assert.Equal("b", await rig.FetchLabelsAsync());
        await third.WaitAsync(Rig.Patience);
        Assert.Equal("c", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_WaitCancelled_StoresNothingAndLetsTheNextIn()
    {
        await using var rig = Bounded(1, CapacityMode.Wait);
        using var source = new CancellationTokenSource();
        await rig.AddAsync("a");
        Task<AddResult> cancelled = rig.AddAsync(Rig.Message("b"), source.Token).AsTask();
        Task<AddResult> next = rig.AddAsync("c").AsTask();

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Rig.Patience));
        Assert.Equal("a", await rig.FetchLabelsAsync());
        await next.WaitAsync(Rig.Patience);
        Assert.Equal("c", await rig.FetchLabelsAsync());
        Assert.Equal(0, rig.Backend.WaiterCount);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("purge")]
    public async Task AddAsync_RoomMadeByAnOperator_IsStored(string how)
    {
        await using var rig = Bounded(1, CapacityMode.Wait);
        AddResult first = await rig.AddAsync("a");
        Task<AddResult> second = rig.AddAsync("b").AsTask();

        if (how == "cancel")
        {
            await rig.Backend.CancelAsync(first.Id, default);
        }
        else
        {
            await rig.Backend.PurgeAsync(default);
        }

        await second.WaitAsync(Rig.Patience);
        Assert.Equal("b", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_DuplicateOfAFullQueue_DoesNotWait()
    {
        await using var rig = Bounded(1, CapacityMode.Wait);
        var name = new MessageName(1, TimeSpan.FromHours(1), false, DedupeMode.KeepFirst);
        await rig.AddAsync("a", name: name);

        Assert.True((await rig.AddAsync("b", name: name).AsTask().WaitAsync(Rig.Patience)).IsDuplicate);
    }

    [Fact]
    public async Task AddAsync_WaitersOfOneName_OneIsStored()
    {
        await using var rig = Bounded(1, CapacityMode.Wait);
        var name = new MessageName(1, TimeSpan.FromHours(1), false, DedupeMode.KeepFirst);
        await rig.AddAsync("a");
        Task<AddResult> first = rig.AddAsync("b", name: name).AsTask();
        Task<AddResult> second = rig.AddAsync("c", name: name).AsTask();

        await rig.FetchLabelsAsync();
        Assert.False((await first.WaitAsync(Rig.Patience)).IsDuplicate);
        await rig.FetchLabelsAsync();
        Assert.True((await second.WaitAsync(Rig.Patience)).IsDuplicate);
    }

    [Fact]
    public async Task ExchangeAsync_RetryIntoAFullQueue_DoesNotWait()
    {
        await using var rig = Bounded(1, CapacityMode.Fail);
        await rig.AddAsync("a");
        Delivery delivery = await rig.FetchOneAsync();
        await rig.AddAsync("b");

        await rig.SettleAsync(delivery, SettlementKind.Retry);

        Assert.Equal("2 0 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task AddRangeAsync_Wait_StoresAllAsRoomComes()
    {
        await using var rig = Bounded(2, CapacityMode.Wait);
        NewMessage[] messages = [.. Enumerable.Range(0, 5).Select(i => Rig.Message($"{i}"))];
        Task<AddResult[]> adding = rig.Backend.AddRangeAsync(messages, default).AsTask();
        var seen = new List<string>();
        while (seen.Count < 5)
        {
            ExchangeResult result = await rig.WaitingFetchAsync().WaitAsync(Rig.Patience);
            seen.AddRange(result.Deliveries.Select(Rig.Label));
        }

        AddResult[] results = await adding.WaitAsync(Rig.Patience);
        Assert.Equal(messages.Select(message => message.Id), results.Select(result => result.Id));
        Assert.Equal(["0", "1", "2", "3", "4"], seen);
    }

    [Fact]
    public async Task AddRangeAsync_CancelledHalfwayAndRepeated_StoresNothingTwice()
    {
        await using var rig = Bounded(2, CapacityMode.Wait);
        using var source = new CancellationTokenSource();
        NewMessage[] messages = [.. Enumerable.Range(0, 4).Select(i => Rig.Message($"{i}"))];
        Task<AddResult[]> adding = rig.Backend.AddRangeAsync(messages, source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding.WaitAsync(Rig.Patience));

        NewMessage[] again = [.. messages.Select(message => message with { IsRepeated = true })];
        Task<AddResult[]> repeated = rig.Backend.AddRangeAsync(again, default).AsTask();
        Assert.Equal("0 1", await rig.FetchLabelsAsync());

        Assert.All(await repeated.WaitAsync(Rig.Patience), result => Assert.False(result.IsDuplicate));
        Assert.Equal("2 3", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task DisposeAsync_WhileAnAddWaits_EndsItWithAnError()
    {
        var rig = Bounded(1, CapacityMode.Wait);
        await rig.AddAsync("a");
        Task<AddResult> waiting = rig.AddAsync("b").AsTask();

        await rig.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Rig.Patience));
    }

    private static Rig Bounded(int capacity, CapacityMode mode) =>
        new(memory: new MemoryOptions { Capacity = capacity, FullMode = mode });
}

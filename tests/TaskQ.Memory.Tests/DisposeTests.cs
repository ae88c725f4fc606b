using TaskQ.Backend;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class DisposeTests
{
    [Fact]
    public async Task DisposeAsync_WithWorkWaiting_LeavesNoTimerAndNoWaiter()
    {
        var rig = new Rig();
        await rig.AddAsync("ready");
        await rig.FetchOneAsync();
        await rig.AddAsync("delayed", TimeSpan.FromSeconds(1));
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        Assert.Equal(1, rig.Clock.ArmedTimers);

        await rig.DisposeAsync();

        Assert.Equal(0, rig.Clock.ArmedTimers);
        Assert.Equal(0, rig.Backend.WaiterCount);
        Assert.Empty((await waiting.WaitAsync(Rig.Patience)).Deliveries);
        rig.Clock.Advance(TimeSpan.FromDays(1));
        await rig.DisposeAsync();
    }

    [Fact]
    public async Task AnyCall_AfterDispose_Throws()
    {
        var rig = new Rig();
        await rig.DisposeAsync();
        MemoryQueueBackend queue = rig.Backend;
        Func<Task>[] calls =
        [
            async () => await rig.AddAsync("a"),
            async () => await queue.AddRangeAsync(new[] { Rig.Message("a") }, default),
            () => rig.FetchAsync(),
            async () => await queue.BeatAsync([], default),
            async () => await queue.GetAsync(default, default),
            async () => await queue.ListAsync(new MessageFilter(), 1, default),
            async () => await queue.CancelAsync(default, default),
            async () => await queue.RescheduleAsync(default, default, default),
            async () => await queue.SetPausedAsync(true, default),
            async () => await queue.CountAsync(default),
            async () => await queue.PurgeAsync(default),
            async () => await queue.PeekDeadAsync(1, default),
            async () => await queue.GetDeadAsync(default, default),
            async () => await queue.RequeueDeadAsync(1, default),
            async () => await queue.RequeueDeadAsync(Guid.Empty, default),
            async () => await queue.DeleteDeadAsync(default, default),
            async () => await queue.PurgeDeadAsync(default),
        ];

        foreach (Func<Task> call in calls)
        {
            var error = await Assert.ThrowsAsync<ObjectDisposedException>(call);
            Assert.Contains("'q'", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task DisposeAsync_OfOneUserOfTwo_KeepsTheQueueOpen()
    {
        var store = new MemoryStore();
        var options = new QueueOptions { Name = "q" };
        MemoryQueueBackend first = store.Open(options, new MemoryOptions());
        MemoryQueueBackend second = store.Open(options, new MemoryOptions());
        Assert.Same(first, second);

        await first.DisposeAsync();
        await second.AddAsync(Rig.Message("a"), default);
        await second.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await second.CountAsync(default));
        Assert.NotSame(first, store.Open(options, new MemoryOptions()));
    }
}

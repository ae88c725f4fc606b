using TaskQ.Backend;
using TaskQ.Consume;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Tests.Consume;

public sealed class DeliveryBufferTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task RequestAsync_RoomForAFetch_GrantsABatch()
    {
        DeliveryBuffer buffer = New(capacity: 20, batch: 10);

        Assert.Equal(10, await buffer.RequestAsync());
        Assert.Equal(10, await buffer.RequestAsync());
        Assert.False(buffer.RequestAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task EndRequest_FetchBroughtLess_GrantsTheRestToTheNext()
    {
        DeliveryBuffer buffer = New(capacity: 10, batch: 10);
        int granted = await buffer.RequestAsync();
        Task<int> waiting = buffer.RequestAsync().AsTask();
        Assert.False(waiting.IsCompleted);

        buffer.TryAdd(Deliveries(4));
        buffer.EndRequest(granted);

        Assert.Equal(6, await ConsumerRig.Within(waiting));
    }

    [Fact]
    public async Task RequestAsync_WorkersBusyAndBufferHalfFull_WaitsUntilItIsHalfEmpty()
    {
        DeliveryBuffer buffer = New(capacity: 4, batch: 4);
        buffer.TryAdd(Deliveries(3));
        Task<int> waiting = buffer.RequestAsync().AsTask();
        Assert.False(waiting.IsCompleted);

        Assert.True(buffer.TryTake(out _));

        Assert.Equal(2, await ConsumerRig.Within(waiting));
    }

    [Fact]
    public async Task RequestAsync_StartLimit_GrantsNoMoreThanCanStart()
    {
        DeliveryBuffer buffer = New(capacity: 100, batch: 10, startLimit: 3);
        int granted = await buffer.RequestAsync();
        Assert.Equal(3, granted);
        Task<int> waiting = buffer.RequestAsync().AsTask();

        buffer.TryAdd(Deliveries(3));
        buffer.EndRequest(granted);
        Assert.True(buffer.TryTake(out _));
        Assert.False(waiting.IsCompleted);
        buffer.Finish(1);

        Assert.Equal(1, await ConsumerRig.Within(waiting));
    }

    [Fact]
    public async Task TryAdd_ManyMessages_WakesOneWorkerWhichWakesTheNext()
    {
        DeliveryBuffer buffer = New();
        Task<bool>[] idle = [.. Enumerable.Range(0, 3).Select(_ => buffer.WaitAsync(new WorkerSignal()).AsTask())];

        buffer.TryAdd(Deliveries(2));
        await ConsumerRig.UntilAsync(() => Array.Exists(idle, wait => wait.IsCompleted));
        _ = Assert.Single(idle, wait => wait.IsCompleted);
        Assert.True(buffer.TryTake(out Delivery? _));
        await ConsumerRig.UntilAsync(() => idle.Count(wait => wait.IsCompleted) == 2);
        Assert.True(buffer.TryTake(out _));

        _ = Assert.Single(idle, wait => !wait.IsCompleted);
        Assert.Equal(2, buffer.Demand);
    }

    [Fact]
    public async Task PassOn_WokenWorkerRetires_AnotherIsWoken()
    {
        DeliveryBuffer buffer = New();
        Task<bool> first = buffer.WaitAsync(new WorkerSignal()).AsTask();
        Task<bool> second = buffer.WaitAsync(new WorkerSignal()).AsTask();
        buffer.TryAdd(Deliveries(1));
        await ConsumerRig.UntilAsync(() => first.IsCompleted || second.IsCompleted);

        buffer.PassOn();

        Assert.True((await ConsumerRig.Within(Task.WhenAll(first, second))).All(hasWork => hasWork));
    }

    [Fact]
    public void PassOn_NothingWaits_WakesNobody()
    {
        DeliveryBuffer buffer = New();
        Task<bool> idle = buffer.WaitAsync(new WorkerSignal()).AsTask();

        buffer.PassOn();

        Assert.False(idle.IsCompleted);
    }

    [Fact]
    public async Task Close_EverybodyWaits_EveryWaitEnds()
    {
        DeliveryBuffer buffer = New(capacity: 1, batch: 1);
        await buffer.RequestAsync();
        Task<int> fetcher = buffer.RequestAsync().AsTask();
        Task<bool> worker = buffer.WaitAsync(new WorkerSignal()).AsTask();

        Assert.Empty(buffer.Close());

        Assert.Equal(0, await ConsumerRig.Within(fetcher));
        Assert.False(await ConsumerRig.Within(worker));
        Assert.Equal(0, await buffer.RequestAsync());
        Assert.False(await buffer.WaitAsync(new WorkerSignal()));
        Assert.False(buffer.TryAdd(Deliveries(1)));
    }

    [Fact]
    public void Close_MessagesWait_ReturnsThem()
    {
        DeliveryBuffer buffer = New();
        Delivery[] deliveries = Deliveries(3);
        buffer.TryAdd(deliveries);
        Assert.True(buffer.TryTake(out Delivery? taken));

        Assert.Same(deliveries[0], taken);
        Assert.Equal(deliveries[1..], buffer.Close());
        Assert.Equal(0, buffer.Count);
    }

    [Fact]
    public async Task RequestAsync_FewStartSoon_GrantsThemAndOneForEachIdleWorker()
    {
        DeliveryBuffer buffer = New(startsSoon: static () => 3);
        Task<bool> worker = buffer.WaitAsync(new WorkerSignal()).AsTask();
        int granted = await buffer.RequestAsync();
        Assert.Equal(4, granted);

        buffer.TryAdd(Deliveries(4));
        buffer.EndRequest(granted);
        Assert.True(await ConsumerRig.Within(worker));
        Task<int> waiting = buffer.RequestAsync().AsTask();
        Assert.True(buffer.TryTake(out _));
        Assert.False(waiting.IsCompleted);
        Assert.True(buffer.TryTake(out _));
        Assert.False(waiting.IsCompleted);

        // Half of them are gone.
        Assert.True(buffer.TryTake(out _));
        Assert.Equal(2, await ConsumerRig.Within(waiting));
    }

    [Fact]
    public async Task TakeOlderThan_SomeHaveWaited_TakesThemAndMakesRoom()
    {
        DeliveryBuffer buffer = New(capacity: 4, batch: 4);
        Delivery[] old = Deliveries(3);
        buffer.TryAdd(old);
        _clock.Advance(TimeSpan.FromSeconds(2));
        buffer.TryAdd(Deliveries(1));
        Task<int> waiting = buffer.RequestAsync().AsTask();

        Assert.Empty(buffer.TakeOlderThan(TimeSpan.FromSeconds(3)));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(old, buffer.TakeOlderThan(TimeSpan.FromSeconds(2)));

        Assert.Equal(3, await ConsumerRig.Within(waiting));
        Assert.Equal(1, buffer.Count);
    }

    [Fact]
    public void OldestWait_TimePasses_IsThatOfTheOldest()
    {
        DeliveryBuffer buffer = New();
        buffer.TryAdd(Deliveries(1));
        _clock.Advance(TimeSpan.FromSeconds(2));
        buffer.TryAdd(Deliveries(1));

        Assert.Equal(TimeSpan.FromSeconds(2), buffer.OldestWait);
    }

    private static Delivery[] Deliveries(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new Delivery(Guid.NewGuid(), new MessageBody([1])))];

    private DeliveryBuffer New(int capacity = 100, int batch = 10, int? startLimit = null, Func<int>? startsSoon = null) =>
        new(capacity, batch, startLimit, startsSoon ?? (static () => int.MaxValue), _clock);
}

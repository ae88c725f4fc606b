using TaskQ.Backend;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class DelayTests
{
    [Fact]
    public async Task AddAsync_Delayed_ComesAtItsTimeNotBefore()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a", TimeSpan.FromSeconds(10));
        Task<ExchangeResult> waiting = rig.WaitingFetchAsync();
        rig.Advance(9.9999999);
        Assert.Equal("0 1 0 0", await rig.CountsAsync());
        Assert.Equal(1, rig.Backend.WaiterCount);

        rig.Advance(0.0000001);

        Assert.Equal("a", Rig.Labels(await waiting.WaitAsync(Rig.Patience)));
    }

    [Fact]
    public async Task AddAsync_DueAt_IsAWallClockTime()
    {
        await using var rig = new Rig();
        DateTimeOffset now = rig.Clock.GetUtcNow();
        await rig.AddAsync(Rig.Message("future", dueAt: now.AddSeconds(1)));
        await rig.AddAsync(Rig.Message("past", dueAt: now.AddDays(-1)));

        Assert.Equal("past", await rig.FetchLabelsAsync());
        rig.Advance(1);
        Assert.Equal("future", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_ManyDelays_BecomeReadyInDueOrderTiesInAddOrder()
    {
        await using var rig = new Rig();
        int[] seconds = [3, 1, 2, 1, 3, 2, 1];
        for (int i = 0; i < seconds.Length; i++)
        {
            await rig.AddAsync($"{seconds[i]}{(char)('a' + i)}", TimeSpan.FromSeconds(seconds[i]));
        }

        rig.Advance(3);

        Assert.Equal("1b 1d 1g 2c 2f 3a 3e", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task AddAsync_EndOfTime_DoesNotOverflow()
    {
        await using var rig = new Rig();

        await rig.AddAsync("a", TimeSpan.MaxValue);

        Assert.Equal("0 1 0 0", await rig.CountsAsync());
        rig.Clock.Advance(TimeSpan.FromDays(1000));
        Assert.Equal("0 1 0 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task WallClock_SetBack_RunsNothingEarly()
    {
        await using var rig = new Rig();
        await rig.AddAsync("a", TimeSpan.FromHours(1));
        rig.Clock.SetUtcNow(rig.Clock.GetUtcNow().AddDays(-1));

        rig.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal("", await rig.FetchLabelsAsync());
        rig.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("a", await rig.FetchLabelsAsync());
    }

    [Fact]
    public async Task WallClock_SetForward_RunsEachDueMessageOnce()
    {
        await using var rig = new Rig();
        for (int i = 0; i < 100; i++)
        {
            await rig.AddAsync($"{i:00}", TimeSpan.FromMinutes(100 - i));
        }

        rig.Clock.SetUtcNow(rig.Clock.GetUtcNow().AddDays(1));

        ExchangeResult result = await rig.FetchAsync(1000);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{99 - i:00}"), result.Deliveries.Select(Rig.Label));
        rig.Clock.SetUtcNow(rig.Clock.GetUtcNow().AddDays(-1));
        rig.Advance(20);
        Assert.Equal("0 0 100 0", await rig.CountsAsync());
    }

    [Fact]
    public async Task Timer_ThatFiresEarly_IsArmedAgain()
    {
        var clock = new CoarseClock();
        await using var backend = new MemoryQueueBackend(
            new QueueOptions { Name = "q", TimeProvider = clock },
            new MemoryOptions());
        await backend.AddAsync(Rig.Message("a", TimeSpan.FromMilliseconds(10.4)), default);
        Task<ExchangeResult> waiting = backend.ExchangeAsync(
            [], new FetchRequest(Rig.NewLease(), 1, TimeSpan.FromMinutes(1)), default).AsTask();

        clock.Inner.Advance(TimeSpan.FromMilliseconds(10));
        Assert.False(waiting.IsCompleted);
        clock.Inner.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Single((await waiting.WaitAsync(Rig.Patience)).Deliveries);
    }

    /// <summary>Cuts timers to whole milliseconds, as the system's do.</summary>
    private sealed class CoarseClock : TimeProvider
    {
        public ManualTimeProvider Inner { get; } = new();

        public override long TimestampFrequency => Inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => Inner.GetUtcNow();

        public override long GetTimestamp() => Inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new CoarseTimer(Inner.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class CoarseTimer(ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            inner.Change(TimeSpan.FromMilliseconds((long)dueTime.TotalMilliseconds), period);

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Memory.Tests.Testing;

public sealed class ManualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Advance_MovesWallClockAndTimestampTogether()
    {
        var clock = new ManualTimeProvider();
        DateTimeOffset start = clock.GetUtcNow();
        long timestamp = clock.GetTimestamp();

        clock.Advance(TimeSpan.FromTicks(12_345_678_901));

        Assert.Equal(12_345_678_901, (clock.GetUtcNow() - start).Ticks);
        Assert.Equal(12_345_678_901, clock.GetElapsedTime(timestamp).Ticks);
    }

    [Fact]
    public void Advance_Negative_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ManualTimeProvider().Advance(-Second));

    [Fact]
    public void Advance_SeveralTimers_FireInDueOrderAtTheirTimes()
    {
        var clock = new ManualTimeProvider();
        var fired = new List<string>();
        foreach (int seconds in new[] { 3, 1, 2, 1 })
        {
            string label = $"{seconds}{(char)('a' + fired.Capacity)}";
            fired.Capacity++;
            clock.CreateTimer(_ => fired.Add($"{label}@{clock.GetTimestamp() / TimeSpan.TicksPerSecond}"), null, seconds * Second, Timeout.InfiniteTimeSpan);
        }

        clock.Advance(10 * Second);

        Assert.Equal(["1b@1", "1d@1", "2c@2", "3a@3"], fired);
        Assert.Equal(0, clock.ArmedTimers);
    }

    [Fact]
    public void Advance_CallbackCreatesAndChangesTimers_TheyFireInTheSameAdvance()
    {
        var clock = new ManualTimeProvider();
        var fired = new List<long>();
        ITimer? again = null;
        again = clock.CreateTimer(
            _ =>
            {
                fired.Add(clock.GetTimestamp() / TimeSpan.TicksPerSecond);
                if (fired.Count < 3)
                {
                    again!.Change(2 * Second, Timeout.InfiniteTimeSpan);
                }
                else
                {
                    clock.CreateTimer(_ => fired.Add(-1), null, Second, Timeout.InfiniteTimeSpan);
                }
            },
            null,
            Second,
            Timeout.InfiniteTimeSpan);

        clock.Advance(6 * Second);

        Assert.Equal([1, 3, 5, -1], fired);
    }

    [Fact]
    public void Advance_Period_FiresEachTime()
    {
        var clock = new ManualTimeProvider();
        int fired = 0;
        using ITimer timer = clock.CreateTimer(_ => fired++, null, Second, 2 * Second);

        clock.Advance(7 * Second);
        Assert.Equal(4, fired);
        Assert.True(timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        clock.Advance(7 * Second);
        Assert.Equal(4, fired);
    }

    [Fact]
    public void Dispose_Timer_NeverFiresAgainAndRefusesChanges()
    {
        var clock = new ManualTimeProvider();
        ITimer timer = clock.CreateTimer(_ => Assert.Fail("It fired."), null, Second, Second);

        timer.Dispose();

        Assert.False(timer.Change(Second, Second));
        clock.Advance(9 * Second);
        Assert.Null(clock.NextTimer);
    }

    [Fact]
    public void SetUtcNow_Back_TimersAndTimestampsDontNotice()
    {
        var clock = new ManualTimeProvider();
        int fired = 0;
        clock.CreateTimer(_ => fired++, null, Second, Timeout.InfiniteTimeSpan);
        var earlier = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

        clock.SetUtcNow(earlier);

        Assert.Equal((earlier, 0L, 0), (clock.GetUtcNow(), clock.GetTimestamp(), fired));
        clock.Advance(Second);
        Assert.Equal((earlier + Second, 1), (clock.GetUtcNow(), fired));
    }

    [Fact]
    public async Task CreateTimer_DueAtOnce_FiresWithoutAnAdvance()
    {
        var clock = new ManualTimeProvider();
        var fired = new TaskCompletionSource();
        clock.CreateTimer(_ => fired.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

        await fired.Task.WaitAsync(Rig.Patience);

        Assert.Equal(0, clock.GetTimestamp());
    }

    [Fact]
    public async Task Advance_FromManyThreads_AddsUpAndFiresEachTimerOnce()
    {
        var clock = new ManualTimeProvider();
        int fired = 0;
        for (int i = 1; i <= 1000; i++)
        {
            clock.CreateTimer(_ => Interlocked.Increment(ref fired), null, i * Second, Timeout.InfiniteTimeSpan);
        }

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => clock.Advance(100 * Second))));

        Assert.Equal((1000, 1000 * TimeSpan.TicksPerSecond), (fired, clock.GetTimestamp()));
    }

    [Fact]
    public async Task Delay_OfTheTaskLibrary_EndsAtItsTime()
    {
        var clock = new ManualTimeProvider();
        var delay = Task.Delay(Second, clock, CancellationToken.None);
        clock.Advance(0.999 * Second);
        Assert.False(delay.IsCompleted);

        clock.Advance(0.001 * Second);

        await delay.WaitAsync(Rig.Patience);
    }
}

using TaskQ.Memory.Testing;

namespace TaskQ.Memory.Tests;

/// <summary>A manual clock on which time passes between a look at it and the arming of a timer, as for a thread that stands still there.</summary>
internal sealed class LateClock : TimeProvider
{
    public ManualTimeProvider Inner { get; } = new();

    /// <summary>How much passes before the next timer is armed.</summary>
    public TimeSpan Late { get; set; }

    public override long TimestampFrequency => Inner.TimestampFrequency;

    public override long GetTimestamp() => Inner.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => Inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new LateTimer(this, Inner.CreateTimer(callback, state, dueTime, period));

    private sealed class LateTimer(LateClock clock, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            TimeSpan late = clock.Late;
            clock.Late = TimeSpan.Zero;
            clock.Inner.Advance(late);
            return inner.Change(dueTime, period);
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}

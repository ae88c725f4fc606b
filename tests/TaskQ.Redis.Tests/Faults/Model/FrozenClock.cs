namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>A clock that moves only when it is told to; timers go by real time.</summary>
internal sealed class FrozenClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}

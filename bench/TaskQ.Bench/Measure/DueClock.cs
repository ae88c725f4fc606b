using System.Diagnostics;

namespace TaskQ.Bench.Measure;

/// <summary>Tells how late a timestamp is after a due time. Both are read once, so a later step of the system's clock shows as lateness.</summary>
internal sealed class DueClock
{
    private readonly DateTimeOffset _time = TimeProvider.System.GetUtcNow();
    private readonly long _timestamp = Stopwatch.GetTimestamp();

    public DateTimeOffset Start => _time;

    /// <summary>Milliseconds after the due time; negative before it.</summary>
    public double LateMs(long timestamp, DateTimeOffset due) =>
        (Stopwatch.GetElapsedTime(_timestamp, timestamp) - (due - _time)).TotalMilliseconds;
}

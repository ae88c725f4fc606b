namespace TaskQ.Backend;

/// <summary>Times as stores keep them: whole microseconds since 1970.</summary>
public static class StoreTime
{
    /// <summary>Longer times would leave the range of exact doubles, as which some stores keep them.</summary>
    private const long Longest = 100L * 365 * 24 * 3600 * 1_000_000;

    private static readonly long LatestTime = FromTime(DateTimeOffset.MaxValue);

    /// <summary>A time, rounded down.</summary>
    /// <param name="time">The time.</param>
    /// <returns>Microseconds since 1970.</returns>
    public static long FromTime(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>A due time, rounded up: nothing starts too early.</summary>
    /// <param name="time">The time.</param>
    /// <returns>Microseconds since 1970.</returns>
    public static long FromDueTime(DateTimeOffset time) =>
        FromTime(time.AddTicks(Math.Min(TimeSpan.TicksPerMicrosecond - 1, DateTimeOffset.MaxValue.UtcTicks - time.UtcTicks)));

    /// <summary>A duration, at least zero, rounded up, and not beyond a century.</summary>
    /// <param name="span">The duration.</param>
    /// <returns>Microseconds.</returns>
    public static long FromSpan(TimeSpan span)
    {
        long ticks = Math.Max(0, span.Ticks);
        long whole = (ticks / TimeSpan.TicksPerMicrosecond) + (ticks % TimeSpan.TicksPerMicrosecond == 0 ? 0 : 1);
        return Math.Min(whole, Longest);
    }

    /// <summary>Reads a time; the latest there is for one beyond it, for a double near it is rounded.</summary>
    /// <param name="microseconds">Microseconds since 1970.</param>
    /// <returns>The time.</returns>
    public static DateTimeOffset ToTime(long microseconds) => microseconds >= LatestTime
        ? DateTimeOffset.MaxValue
        : DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}

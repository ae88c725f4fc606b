using System.Globalization;
using StackExchange.Redis;

namespace TaskQ.Redis.Store;

/// <summary>Times in the store are whole microseconds since 1970.</summary>
internal static class RedisTime
{
    /// <summary>Longer times would leave the range of a sorted set's exact scores.</summary>
    private const long Longest = 100L * 365 * 24 * 3600 * 1_000_000;

    private static readonly long LatestTime = FromTime(DateTimeOffset.MaxValue);

    public static long FromTime(DateTimeOffset time) =>
        (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Rounded up: nothing starts too early.</summary>
    public static long FromDueTime(DateTimeOffset time) =>
        FromTime(time.AddTicks(Math.Min(TimeSpan.TicksPerMicrosecond - 1, DateTimeOffset.MaxValue.UtcTicks - time.UtcTicks)));

    /// <summary>At least zero, rounded up, and not beyond a century.</summary>
    public static long FromSpan(TimeSpan span)
    {
        long ticks = Math.Max(0, span.Ticks);
        long whole = (ticks / TimeSpan.TicksPerMicrosecond) + (ticks % TimeSpan.TicksPerMicrosecond == 0 ? 0 : 1);
        return Math.Min(whole, Longest);
    }

    /// <summary>The latest time there is for one beyond it: a score near it is rounded.</summary>
    public static DateTimeOffset ToTime(long microseconds) => microseconds >= LatestTime
        ? DateTimeOffset.MaxValue
        : DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Reads a score, which is a whole number as text.</summary>
    public static long Parse(RedisValue score) => (long)double.Parse((string)score!, CultureInfo.InvariantCulture);
}

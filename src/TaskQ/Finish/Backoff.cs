namespace TaskQ.Finish;

/// <summary>The default wait before a retry: exponential with jitter.</summary>
internal static class Backoff
{
    /// <summary>
    /// The wait before the k-th retry: uniform in [max(min, b/2), b] with b = min(max, min × 2^k), so that it lies
    /// within min and max and messages that failed together don't come back together.
    /// </summary>
    /// <param name="retry">k, from 1.</param>
    /// <param name="min">The shortest wait.</param>
    /// <param name="max">The longest wait.</param>
    /// <param name="random">A random number in [0, 1).</param>
    public static TimeSpan Delay(int retry, TimeSpan min, TimeSpan max, double random)
    {
        // 2^62 ticks are 14 000 years; a shift that would overflow is over any maximum.
        int shift = Math.Max(retry, 0);
        long bound = shift < 62 && min.Ticks <= max.Ticks >> shift ? min.Ticks << shift : max.Ticks;
        long low = Math.Max(min.Ticks, bound / 2);
        return TimeSpan.FromTicks(low + (long)((bound - low) * random));
    }
}

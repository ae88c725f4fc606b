namespace TaskQ;

/// <summary>How many messages of a queue may start in a period, over all processes.</summary>
public sealed record RateLimit
{
    /// <summary>Creates a limit.</summary>
    /// <param name="permits">Starts per period, at least 1.</param>
    /// <param name="period">The period, more than zero.</param>
    /// <param name="burst">How many may start at once after a pause, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public RateLimit(int permits, TimeSpan period, int burst)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(permits, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(burst, 1);
        Permits = permits;
        Period = period;
        Burst = burst;
    }

    /// <summary>Starts per <see cref="Period"/>.</summary>
    public int Permits { get; }

    /// <summary>The period of <see cref="Permits"/>.</summary>
    public TimeSpan Period { get; }

    /// <summary>How many may start at once after a pause.</summary>
    public int Burst { get; }

    /// <summary>A limit per second; the burst is the number of permits.</summary>
    /// <param name="permits">Starts per second, at least 1.</param>
    /// <returns>The limit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Less than one permit.</exception>
    public static RateLimit PerSecond(int permits) => new(permits, TimeSpan.FromSeconds(1), permits);

    /// <summary>A limit per minute; the burst is the number of permits.</summary>
    /// <param name="permits">Starts per minute, at least 1.</param>
    /// <returns>The limit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Less than one permit.</exception>
    public static RateLimit PerMinute(int permits) => new(permits, TimeSpan.FromMinutes(1), permits);

    /// <summary>A limit per hour; the burst is the number of permits.</summary>
    /// <param name="permits">Starts per hour, at least 1.</param>
    /// <returns>The limit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Less than one permit.</exception>
    public static RateLimit PerHour(int permits) => new(permits, TimeSpan.FromHours(1), permits);
}

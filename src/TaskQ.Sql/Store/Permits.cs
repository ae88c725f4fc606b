namespace TaskQ.Sql.Store;

/// <summary>
/// The rate limit of a queue: the generic cell rate algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). What is
/// kept is the theoretical arrival time of the next permit, in nanoseconds since 1970.
/// </summary>
internal readonly struct Permits
{
    private const long Nanoseconds = 1000;

    private readonly decimal _interval;
    private readonly decimal _capacity;
    private readonly decimal _backlog;
    private readonly long _now;

    /// <summary>Reads the state of a limit.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="permitAt">What is kept.</param>
    /// <param name="now">The time in microseconds.</param>
    public Permits(RateLimit limit, long permitAt, long now)
    {
        _interval = (decimal)limit.Period.Ticks * TimeSpan.NanosecondsPerTick / limit.Permits;
        _capacity = _interval * limit.Burst;
        _now = now * Nanoseconds;
        _backlog = Math.Max(0, permitAt - _now);
    }

    /// <summary>How many there are; what is kept was rounded up by less than a nanosecond.</summary>
    public long Available => (long)Math.Max(0, Math.Floor((_capacity - _backlog + 1) / _interval));

    /// <summary>How long until there is one, in microseconds.</summary>
    public long Wait => (long)Math.Ceiling(Math.Max(0, _backlog + _interval - _capacity) / Nanoseconds);

    /// <summary>What is kept after some were taken.</summary>
    public long After(int count) => _now + (long)Math.Ceiling(_backlog + (_interval * count));
}

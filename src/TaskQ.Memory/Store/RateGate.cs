namespace TaskQ.Memory.Store;

/// <summary>The rate limit of a queue: the generic cell rate algorithm, in exact integers.</summary>
/// <remarks>
/// Algorithm: GCRA, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm (virtual scheduling). Times are ticks
/// multiplied by the permits of a period, so that the interval between permits is a whole number.
/// </remarks>
internal sealed class RateGate(RateLimit limit)
{
    private readonly Int128 _interval = limit.Period.Ticks;
    private readonly Int128 _permits = limit.Permits;
    private readonly Int128 _tolerance = (Int128)limit.Period.Ticks * limit.Burst;

    /// <summary>When the next permit would be due if all came evenly: the theoretical arrival time.</summary>
    private Int128 _arrival;

    /// <summary>How many permits there are now.</summary>
    public int Available(long now)
    {
        Int128 scaled = now * _permits;
        Int128 free = scaled + _tolerance - Int128.Max(_arrival, scaled);
        return free < _interval ? 0 : (int)(free / _interval);
    }

    /// <summary>Takes permits that are there.</summary>
    public void Take(int count, long now) =>
        _arrival = Int128.Max(_arrival, now * _permits) + (_interval * count);

    /// <summary>When there will be a permit, rounded up to a tick; in the past when there is one now.</summary>
    public long NextPermit()
    {
        Int128 scaled = _arrival + _interval - _tolerance;
        return scaled <= 0 ? 0 : (long)((scaled + _permits - 1) / _permits);
    }
}

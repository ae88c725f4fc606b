namespace TaskQ.Sql.Store;

/// <summary>
/// From which due time on a process looks for messages. PostgreSQL can't remove what has ended while an old transaction is open, and each look
/// from the start walks over all of it. So while such looks are slow, most begin where the last one found something. What lies before, such as
/// a message that was given back, is found by the next full look; those take a small share of the time.
/// </summary>
internal sealed class ClaimFloor(TimeProvider time)
{
    /// <summary>A full look that is faster needs no floor.</summary>
    private static readonly TimeSpan SlowLook = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>In microseconds: a transaction may commit later than one with later messages.</summary>
    private const long Margin = 200_000;

    /// <summary>How many times its own length passes between two full looks.</summary>
    private const int Pause = 10;

    private readonly Lock _lock = new();
    private long _floor;
    private long _lastFull;
    private long? _fullBegan;
    private TimeSpan _pause;

    /// <summary>Before a look.</summary>
    /// <returns>From when on it looks, in microseconds; 0 for a full one.</returns>
    public long Begin()
    {
        lock (_lock)
        {
            if (_pause == TimeSpan.Zero)
            {
                return 0;
            }

            // One slow look at a time is enough; one that failed is not told.
            bool isLooking = _fullBegan is { } began && time.GetElapsedTime(began) < LongestPause;
            if (isLooking || UntilFullLocked() > TimeSpan.Zero)
            {
                return _floor;
            }

            _fullBegan = time.GetTimestamp();
            return 0;
        }
    }

    /// <summary>After a look.</summary>
    /// <param name="from">From when on it looked.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="reached">Up to where it has reserved all, in microseconds; null if it found nothing that it could reserve.</param>
    public void End(long from, TimeSpan took, long? reached)
    {
        lock (_lock)
        {
            if (from == 0)
            {
                _fullBegan = null;
                _lastFull = time.GetTimestamp();
                _pause = took < SlowLook ? TimeSpan.Zero : took * Pause < LongestPause ? took * Pause : LongestPause;
            }

            if (reached is { } due)
            {
                _floor = from == 0 ? Math.Max(0, due - Margin) : Math.Max(_floor, due - Margin);
            }
        }
    }

    /// <summary>Something may lie before it: the next look is a full one.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _floor = 0;
        }
    }

    /// <summary>In how long the next full look may be, after one that was not.</summary>
    public TimeSpan UntilFull
    {
        get
        {
            lock (_lock)
            {
                TimeSpan left = UntilFullLocked();
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    private TimeSpan UntilFullLocked() => _pause == TimeSpan.Zero ? TimeSpan.Zero : _pause - time.GetElapsedTime(_lastFull);
}

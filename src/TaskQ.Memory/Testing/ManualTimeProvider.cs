namespace TaskQ.Memory.Testing;

/// <summary>
/// A clock that stands still until it is advanced, for tests. Timers fire on the thread that advances it, in the
/// order of their due times and each exactly at its due time, those included that callbacks create or change
/// meanwhile. Safe for use by several threads.
/// </summary>
/// <remarks>
/// What a timer's callback starts on other threads may not have run yet when <see cref="Advance"/> returns. A timer that
/// is due at once fires without an advance, on the thread pool, as a real one does.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly SortedSet<ManualTimer> _armed = new(ManualTimer.FiringOrder);
    private long _elapsed;
    private long _target;
    private long _utcOffset;
    private long _sequence = 1; // 0 is a timer that was never armed

    /// <summary>Creates a clock that shows midnight of 1 January 2026, UTC.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Creates a clock.</summary>
    /// <param name="start">What it shows at first.</param>
    public ManualTimeProvider(DateTimeOffset start) => _utcOffset = start.UtcTicks;

    /// <summary>UTC, wherever the test runs.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Ticks of 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are armed.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
            {
                return _armed.Count;
            }
        }
    }

    /// <summary>How long until the next timer fires, null when none is armed.</summary>
    public TimeSpan? NextTimer
    {
        get
        {
            lock (_lock)
            {
                return _armed.Min is { } first ? TimeSpan.FromTicks(Math.Max(0, first.Due - _elapsed)) : null;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return new DateTimeOffset(_utcOffset + _elapsed, TimeSpan.Zero);
        }
    }

    /// <summary>The time that has been advanced so far, in ticks of 100 ns; <see cref="SetUtcNow"/> does not change it.</summary>
    /// <returns>The timestamp.</returns>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _elapsed;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and fires the timers that become due.</summary>
    /// <param name="delta">By how much, at least zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="delta"/> is negative.</exception>
    public void Advance(TimeSpan delta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delta, TimeSpan.Zero);
        long target;
        lock (_lock)
        {
            _target += delta.Ticks;
            target = _target;
        }

        FireUntil(target);
    }

    /// <summary>
    /// Sets the wall clock, forward or back, as an administrator or a time server does: no time passes by it, so
    /// timers and timestamps don't notice.
    /// </summary>
    /// <param name="now">What the clock shows from now on.</param>
    public void SetUtcNow(DateTimeOffset now)
    {
        lock (_lock)
        {
            _utcOffset = now.UtcTicks - _elapsed;
        }
    }

    internal bool Change(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfNoTime(dueTime);
        ThrowIfNoTime(period);
        lock (_lock)
        {
            if (timer.IsDisposed)
            {
                return false;
            }

            _armed.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime < TimeSpan.Zero)
            {
                return true;
            }

            Arm(timer, _elapsed + dueTime.Ticks);
        }

        if (dueTime == TimeSpan.Zero)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static clock => clock.FireUntil(null), this, preferLocal: false);
        }

        return true;
    }

    internal void Dispose(ManualTimer timer)
    {
        lock (_lock)
        {
            timer.IsDisposed = true;
            _armed.Remove(timer);
        }
    }

    private static void ThrowIfNoTime(TimeSpan time)
    {
        if (time < TimeSpan.Zero && time != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(time), time, "A timer's time is at least zero, or infinite.");
        }
    }

    /// <summary>Fires what becomes due until the clock shows the target; null for where it stands.</summary>
    private void FireUntil(long? target)
    {
        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    private void Arm(ManualTimer timer, long due)
    {
        timer.Due = due;
        timer.Sequence = _sequence++;
        _armed.Add(timer);
    }

    /// <summary>Moves the clock to the next timer that is due by the target, or to the target when there is none.</summary>
    private ManualTimer? TakeDue(long? until)
    {
        lock (_lock)
        {
            long target = Math.Max(_elapsed, until ?? _elapsed);
            if (_armed.Min is not { } first || first.Due > target)
            {
                _elapsed = target;
                return null;
            }

            _elapsed = Math.Max(_elapsed, first.Due);
            _armed.Remove(first);
            if (first.Period > 0)
            {
                Arm(first, first.Due + first.Period);
            }

            return first;
        }
    }
}

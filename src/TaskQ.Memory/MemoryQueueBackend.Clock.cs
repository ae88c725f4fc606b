using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>
/// Time. Due times and names go by the wall clock (UTC ticks), leases, waits and the rate limit by the monotonic one
/// (ticks since the queue was opened). One timer serves them all; it is armed for the earliest, and never moved to a
/// later time before it has fired, so that work that ends in time costs nothing. A wall clock that is set forward
/// is noticed by the next fetch.
/// </summary>
internal sealed partial class MemoryQueueBackend
{
    /// <summary>How many due messages become ready in one hold of the lock.</summary>
    private const int PromoteBatch = 4096;

    /// <summary>Real timers count in milliseconds.</summary>
    private const long TimerResolution = TimeSpan.TicksPerMillisecond;

    /// <summary>Timers have a maximum; this is well below it.</summary>
    private const long MaxTimer = TimeSpan.TicksPerDay;

    private readonly long _start;
    private readonly ITimer _timer;
    private long _armedFor = long.MaxValue;

    private long Now() => _time.GetElapsedTime(_start).Ticks;

    private long UtcNow() => _time.GetUtcNow().UtcTicks;

    private ITimer CreateTimer()
    {
        // Whoever opens the queue must not be kept alive by its timer.
        using (ExecutionContext.SuppressFlow())
        {
            return _time.CreateTimer(
                static state => ((MemoryQueueBackend)state!).OnTimer(),
                this,
                Timeout.InfiniteTimeSpan,
                Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        bool more = true;
        while (more)
        {
            lock (_lock)
            {
                if (_disposed)
                {
                    return;
                }

                long now = Now();
                bool isEarly = now < _armedFor && _armedFor != long.MaxValue;
                _armedFor = long.MaxValue;
                ExpireLeases(now);
                more = PromoteDue(PromoteBatch);
                EndOverdueWaiters(now);
                Wake(now);
                if (!more)
                {
                    // A timer that fired early rounds down: asked for less than its resolution, it would spin.
                    ArmFor(Earliest(now), now, isEarly ? TimerResolution : 0);
                }
            }
        }
    }

    /// <summary>Makes messages ready whose time has come, in the order of their due times.</summary>
    /// <returns>Whether some are left.</returns>
    private bool PromoteDue(int max)
    {
        if (_delayed.Count == 0)
        {
            return false;
        }

        long utcNow = UtcNow();
        while (_delayed.Peek() is { } first && first.DueTicks <= utcNow)
        {
            if (max-- == 0)
            {
                return true;
            }

            MakeReady(_delayed.Pop());
        }

        return false;
    }

    /// <summary>The earliest time at which something happens by itself.</summary>
    private long Earliest(long now)
    {
        long earliest = _leases.First?.Deadline ?? long.MaxValue;
        if (_delayed.Peek() is { } first)
        {
            earliest = Math.Min(earliest, Ticks.Add(now, Math.Max(0, first.DueTicks - UtcNow())));
        }

        foreach (FetchWaiter waiter in _waiters)
        {
            earliest = Math.Min(earliest, waiter.Deadline);
        }

        foreach (FetchWaiter waiter in _suspectWaiters)
        {
            earliest = Math.Min(earliest, waiter.Deadline);
        }

        return Math.Min(earliest, NextPermit());
    }

    /// <summary>When waiting fetches can go on, if the rate limit alone holds them up.</summary>
    private long NextPermit()
    {
        bool isHeldUp = !_paused
            && ((_waiters.Count > 0 && _ready.Count > 0) || (_suspectWaiters.Count > 0 && _suspects.Count > 0));
        return isHeldUp && _rate is not null && _inFlight < _workerLimit ? _rate.NextPermit() : long.MaxValue;
    }

    private void ArmFor(long time, long now, long atLeast = 0)
    {
        // A timer that is overdue may have been armed too late, by a thread that stood still after it had read the clock.
        if (_disposed || (time >= _armedFor && now < _armedFor))
        {
            return;
        }

        _armedFor = Math.Min(time, _armedFor);
        long wait = Math.Clamp(_armedFor - now, atLeast, MaxTimer);
        _timer.Change(TimeSpan.FromTicks(wait), Timeout.InfiniteTimeSpan);
    }
}

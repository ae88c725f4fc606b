namespace TaskQ.Backend.Wait;

/// <summary>
/// Where the fetches of one queue and process wait when the store has nothing for them: for a wake-up, for the time at which
/// the store said that something falls due, or for a poll in case a wake-up was lost. One timer serves all of them.
/// </summary>
/// <remarks>
/// For backends whose store can't make a fetch wait by itself. One fetch is woken at a time; it wakes the next when it leaves
/// messages behind. So a burst of wake-ups costs a call or two.
/// </remarks>
public sealed class WaitRoom : IAsyncDisposable
{
    private const long LongestTimer = TimeSpan.TicksPerDay;

    private readonly Lock _lock = new();
    private readonly List<FetchWaiter> _waiters = [];
    private readonly TimeProvider _time;
    private long _firstPoll;
    private long _longestPoll;
    private readonly long _start;
    private readonly ITimer _timer;
    private long _wakes;
    private long _due = long.MaxValue;
    private long _poll = long.MaxValue;
    private long _pollPause;
    private long _armedFor = long.MaxValue;
    private bool _wokenByPoll;
    private bool _disposed;

    /// <summary>Opens a room.</summary>
    /// <param name="time">The queue's clock.</param>
    /// <param name="firstPoll">After how long the first poll comes; each next one after twice as long.</param>
    /// <param name="longestPoll">The longest time between two polls.</param>
    public WaitRoom(TimeProvider time, TimeSpan firstPoll, TimeSpan longestPoll)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        SetPolls(firstPoll, longestPoll, now: 0);
        _start = time.GetTimestamp();
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(
                static state => ((WaitRoom)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Counts the wake-ups. Who asks the store reads it before, so that none is missed between answer and wait.</summary>
    public long Wakes
    {
        get
        {
            lock (_lock)
            {
                return _wakes;
            }
        }
    }

    /// <summary>Whether a fetch waits.</summary>
    public bool HasWaiters
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count > 0;
            }
        }
    }

    private long Now => _time.GetElapsedTime(_start).Ticks;

    /// <summary>Whether an answer of the store ends a fetch.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="fetch">The fetch.</param>
    /// <returns>True with messages, or with suspects that it did not ask for.</returns>
    public static bool IsOver(ExchangeResult answer, FetchRequest fetch)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(fetch);
        return answer.Deliveries.Count > 0 || (answer is { SuspectsWaiting: true, Paused: false } && !fetch.Suspect);
    }

    /// <summary>Asks the store again whenever there may be something, until the fetch is over, the queue is paused, or the time is up.</summary>
    /// <param name="fetch">The fetch.</param>
    /// <param name="answer">The store's first answer, which did not end it.</param>
    /// <param name="seen">The number of wake-ups that was known before the store was asked.</param>
    /// <param name="start">The queue's clock's timestamp from which the fetch's wait counts.</param>
    /// <param name="ask">Asks the store.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The last answer.</returns>
    public async ValueTask<ExchangeResult> FetchAsync(
        FetchRequest fetch, ExchangeResult answer, long seen, long start, Func<FetchRequest, Task<ExchangeResult>> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(fetch);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(ask);
        while (true)
        {
            TimeSpan left = fetch.Wait < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : fetch.Wait - _time.GetElapsedTime(start);
            if (cancellationToken.IsCancellationRequested
                || (left <= TimeSpan.Zero && left != Timeout.InfiniteTimeSpan)
                || await WaitAsync(left, seen, cancellationToken).ConfigureAwait(false) == WaitEnd.Ended)
            {
                return answer;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                // The wake-up is for somebody else.
                Wake(all: false);
                return answer;
            }

            bool wasPaused = answer.Paused;
            seen = Wakes;
            answer = await ask(fetch).ConfigureAwait(false);
            if (IsOver(answer, fetch) || (answer.Paused && !wasPaused))
            {
                return answer;
            }
        }
    }

    /// <summary>Waits until there may be something in the store.</summary>
    /// <param name="wait">How long at most, negative for no bound.</param>
    /// <param name="seen">The number of wake-ups that was known when the store was asked.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Why it is over.</returns>
    public async ValueTask<WaitEnd> WaitAsync(TimeSpan wait, long seen, CancellationToken cancellationToken)
    {
        FetchWaiter waiter;
        lock (_lock)
        {
            if (_disposed)
            {
                return WaitEnd.Ended;
            }

            if (_wakes != seen)
            {
                return WaitEnd.Woken;
            }

            long now = Now;
            waiter = new FetchWaiter(wait < TimeSpan.Zero ? long.MaxValue : Add(now, wait.Ticks));
            _waiters.Add(waiter);
            if (_poll == long.MaxValue)
            {
                SchedulePoll(now);
            }

            Arm(Math.Min(waiter.Deadline, Math.Min(_due, _poll)), now);
        }

        using (cancellationToken.UnsafeRegister(
            static state =>
            {
                var (room, waiter) = ((WaitRoom, FetchWaiter))state!;
                room.End(waiter);
            },
            (this, waiter)))
        {
            return await waiter.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Something may be ready.</summary>
    /// <param name="all">Whether all must look, because what they know of the queue has changed.</param>
    public void Wake(bool all)
    {
        lock (_lock)
        {
            WakeLocked(all);
        }
    }

    /// <summary>Something is ready: wakes one fetch, which goes on in this thread, for another one would have to wake up first.</summary>
    public void WakeHere()
    {
        FetchWaiter? first = null;
        lock (_lock)
        {
            _wakes++;
            _wokenByPoll = false;
            if (_waiters.Count > 0)
            {
                first = _waiters[0];
                _waiters.RemoveAt(0);
            }
        }

        first?.TrySetResult(WaitEnd.Woken);
    }

    /// <summary>Something falls due.</summary>
    /// <param name="wait">In how long.</param>
    public void DueIn(TimeSpan wait)
    {
        lock (_lock)
        {
            long now = Now;
            long due = Add(now, wait.Ticks);
            if (due < _due)
            {
                _due = due;
                Arm(due, now);
            }
        }
    }

    /// <summary>Changes the polls: others are needed while no wake-ups come.</summary>
    /// <param name="firstPoll">After how long the first poll comes; each next one after twice as long.</param>
    /// <param name="longestPoll">The longest time between two polls.</param>
    public void SetPolls(TimeSpan firstPoll, TimeSpan longestPoll)
    {
        lock (_lock)
        {
            long now = Now;
            SetPolls(firstPoll, longestPoll, now);
            Arm(_poll, now);
        }
    }

    /// <summary>The queue is busy: polls become frequent again.</summary>
    /// <returns>Whether a poll found what no wake-up had told of.</returns>
    public bool ResetPoll()
    {
        lock (_lock)
        {
            _pollPause = _firstPoll;
            _poll = long.MaxValue;
            bool wokenByPoll = _wokenByPoll;
            _wokenByPoll = false;
            return wokenByPoll;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (FetchWaiter waiter in _waiters)
            {
                waiter.EndElsewhere(WaitEnd.Ended);
            }

            _waiters.Clear();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private static long Add(long time, long ticks) => ticks >= long.MaxValue - time ? long.MaxValue : time + ticks;

    private void SetPolls(TimeSpan firstPoll, TimeSpan longestPoll, long now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstPoll, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestPoll, firstPoll);
        _firstPoll = firstPoll.Ticks;
        _longestPoll = longestPoll.Ticks;
        _pollPause = _firstPoll;
        _poll = long.MaxValue;
        if (_waiters.Count > 0)
        {
            SchedulePoll(now);
        }
    }

    private void WakeLocked(bool all)
    {
        _wakes++;
        _wokenByPoll = false;
        int count = all ? _waiters.Count : Math.Min(1, _waiters.Count);
        for (int i = 0; i < count; i++)
        {
            _waiters[i].EndElsewhere(WaitEnd.Woken);
        }

        _waiters.RemoveRange(0, count);
    }

    private void End(FetchWaiter waiter)
    {
        lock (_lock)
        {
            if (_waiters.Remove(waiter))
            {
                waiter.EndElsewhere(WaitEnd.Ended);
            }
        }
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            long now = Now;
            _armedFor = long.MaxValue;
            bool isDue = _due <= now;
            bool isPoll = _poll <= now;
            if (isDue)
            {
                _due = long.MaxValue;
            }

            if (isPoll)
            {
                _pollPause = Math.Min(_longestPoll, _pollPause * 2);
                _poll = long.MaxValue;
            }

            if (isDue || isPoll)
            {
                WakeLocked(all: false);
                _wokenByPoll = isPoll && !isDue;
            }

            EndOverdue(now);
            if (_waiters.Count > 0 && _poll == long.MaxValue)
            {
                SchedulePoll(now);
            }

            Arm(Math.Min(Earliest(), Math.Min(_due, _poll)), now);
        }
    }

    /// <summary>Polls of several processes must not come in step.</summary>
    private void SchedulePoll(long now) => _poll = now + (long)(_pollPause * (0.8 + (0.4 * Random.Shared.NextDouble())));

    private void EndOverdue(long now)
    {
        for (int i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Deadline <= now)
            {
                _waiters[i].EndElsewhere(WaitEnd.Ended);
                _waiters.RemoveAt(i);
            }
        }
    }

    private long Earliest()
    {
        long earliest = long.MaxValue;
        foreach (FetchWaiter waiter in _waiters)
        {
            earliest = Math.Min(earliest, waiter.Deadline);
        }

        return earliest;
    }

    private void Arm(long time, long now)
    {
        // A timer that is overdue may have been armed too late, by a thread that stood still after it had read the clock.
        if ((time < _armedFor || now >= _armedFor) && !_disposed)
        {
            // Rounded up to what real timers count in: one that fires early would be armed again and again.
            _armedFor = Math.Min(time, _armedFor);
            long wait = Math.Clamp(_armedFor - now, 0, LongestTimer) + TimeSpan.TicksPerMillisecond - 1;
            _timer.Change(TimeSpan.FromTicks(wait - (wait % TimeSpan.TicksPerMillisecond)), Timeout.InfiniteTimeSpan);
        }
    }
}

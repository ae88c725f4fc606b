using StackExchange.Redis;
using TaskQ.Redis.Connect;

namespace TaskQ.Redis.Wait;

/// <summary>
/// Where the fetches of one queue and process wait: for a message on the wake-up channel, for the time at which the store
/// said that something falls due, or for a poll in case a wake-up was lost. One timer serves all of them.
/// </summary>
/// <remarks>
/// One fetch is woken at a time; it wakes the next when it leaves messages behind. So a burst of wake-ups costs a call or
/// two. A queue that only adds never listens.
/// </remarks>
internal sealed class WaitRoom : IAsyncDisposable
{
    private const long FirstPoll = TimeSpan.TicksPerSecond;
    private const long LongestPoll = 5 * TimeSpan.TicksPerSecond;
    private const long LongestTimer = TimeSpan.TicksPerDay;

    /// <summary>After how many polls that found what no wake-up had told of the connection is doubted.</summary>
    private const int UnheardLimit = 3;

    private readonly Lock _lock = new();
    private readonly List<FetchWaiter> _waiters = [];
    private readonly TimeProvider _time;
    private readonly RedisLink _link;
    private readonly RedisChannel _channel;
    private readonly Action<RedisChannel, RedisValue> _onMessage;
    private readonly long _start;
    private readonly ITimer _timer;
    private IConnectionMultiplexer? _connection;
    private Task? _listening;
    private long _wakes;
    private long _due = long.MaxValue;
    private long _poll = long.MaxValue;
    private long _pollPause = FirstPoll;
    private long _armedFor = long.MaxValue;
    private bool _wokenByPoll;
    private int _unheard;
    private bool _disposed;

    public WaitRoom(TimeProvider time, RedisLink link, string channel)
    {
        _time = time;
        _link = link;
        _channel = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
        _onMessage = (_, message) => OnMessage(message);
        link.Replaced += OnReplaced;
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

    private long Now => _time.GetElapsedTime(_start).Ticks;

    /// <summary>Subscribes to the wake-ups; without success, polls remain and the next fetch tries again.</summary>
    public async ValueTask ListenAsync()
    {
        Task listening;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            if (_listening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _listening = SubscribeAsync();
            }

            listening = _listening;
        }

        if (!listening.IsCompletedSuccessfully)
        {
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits until there may be something in the store.</summary>
    /// <param name="wait">How long at most, negative for no bound.</param>
    /// <param name="seen">The number of wake-ups that was known when the store was asked.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
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

    /// <summary>Something falls due.</summary>
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

    /// <summary>The queue is busy: polls become frequent again.</summary>
    public void ResetPoll()
    {
        bool isDoubtful;
        lock (_lock)
        {
            _pollPause = FirstPoll;
            _poll = long.MaxValue;
            _unheard += _wokenByPoll ? 1 : 0;
            _wokenByPoll = false;
            isDoubtful = _unheard >= UnheardLimit;
            if (isDoubtful)
            {
                _unheard = 0;
            }
        }

        if (isDoubtful)
        {
            _link.DoubtSubscriptions();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _link.Replaced -= OnReplaced;
        Task? listening;
        lock (_lock)
        {
            _disposed = true;
            listening = _listening;
            foreach (FetchWaiter waiter in _waiters)
            {
                waiter.EndElsewhere(WaitEnd.Ended);
            }

            _waiters.Clear();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        if (listening is not null)
        {
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await UnsubscribeAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static long Add(long time, long ticks) => ticks >= long.MaxValue - time ? long.MaxValue : time + ticks;

    private async Task SubscribeAsync()
    {
        IConnectionMultiplexer connection = await _link.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
        ISubscriber subscriber = connection.GetSubscriber();
        try
        {
            await _link.BoundAsync(subscriber.SubscribeAsync(_channel, _onMessage), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // The client keeps what failed, and would say of a second try at once that it is done.
            RedisLink.Observe(subscriber.UnsubscribeAsync(_channel, _onMessage));
            throw;
        }

        if (!ReferenceEquals(_connection, connection))
        {
            _connection = connection;
            connection.ConnectionRestored += OnRestored;
        }
    }

    private async Task UnsubscribeAsync()
    {
        if (_connection is { } connection)
        {
            connection.ConnectionRestored -= OnRestored;

            // Only what is its own: another factory may listen to the same queue over the same connection.
            await _link.BoundAsync(connection.GetSubscriber().UnsubscribeAsync(_channel, _onMessage), CancellationToken.None)
                .ConfigureAwait(false);
        }
    }

    /// <summary>What was published while the connection was down is lost.</summary>
    private void OnRestored(object? sender, ConnectionFailedEventArgs arguments) => Wake(all: false);

    /// <summary>All wait anew, which subscribes over the new connection.</summary>
    private void OnReplaced()
    {
        lock (_lock)
        {
            _listening = null;
            WakeLocked(all: true);
        }
    }

    /// <summary>'w' wakes one, 'a' all; a number says in how many microseconds something falls due.</summary>
    private void OnMessage(RedisValue message)
    {
        string text = (string?)message ?? "";
        FetchWaiter? first = null;
        lock (_lock)
        {
            _unheard = 0;
            _wokenByPoll = false;
            if (text == "w")
            {
                _wakes++;
                if (_waiters.Count > 0)
                {
                    first = _waiters[0];
                    _waiters.RemoveAt(0);
                }
            }
        }

        // At once, for a message waits: another thread would have to wake up first.
        first?.TrySetResult(WaitEnd.Woken);
        if (long.TryParse(text, out long wait))
        {
            DueIn(TimeSpan.FromMicroseconds(wait));
        }
        else if (text != "w")
        {
            Wake(all: true);
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
                _pollPause = Math.Min(LongestPoll, _pollPause * 2);
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
        if (time < _armedFor && !_disposed)
        {
            // Rounded up to what real timers count in: one that fires early would be armed again and again.
            _armedFor = time;
            long wait = Math.Clamp(time - now, 0, LongestTimer) + TimeSpan.TicksPerMillisecond - 1;
            _timer.Change(TimeSpan.FromTicks(wait - (wait % TimeSpan.TicksPerMillisecond)), Timeout.InfiniteTimeSpan);
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using TaskQ.Memory.Testing;

namespace TaskQ.Conformance.Harness;

/// <summary>
/// A fake clock that knows its timers and counts how often it is used. Code that is driven by a clock touches it
/// whenever it moves, so a clock that nobody touches means that everything waits for time to pass.
/// </summary>
public sealed class ObservedClock : TimeProvider
{
    private const int QuietRounds = 3;
    private const int PoolTripsPerRound = 6;

    private static readonly TimeSpan RoundPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestSettle = TimeSpan.FromMilliseconds(300);

    private readonly ManualTimeProvider _inner;
    private readonly ConcurrentDictionary<ObservedTimer, bool> _timers = new();
    private long _touches;

    public ObservedClock(DateTimeOffset start) => _inner = new ManualTimeProvider(start);

    public override long TimestampFrequency => _inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => _inner.LocalTimeZone;

    /// <summary>How many timers are alive; a closed store leaves none.</summary>
    public int TimerCount => _timers.Count;

    public override DateTimeOffset GetUtcNow()
    {
        Touch();
        return _inner.GetUtcNow();
    }

    public override long GetTimestamp()
    {
        Touch();
        return _inner.GetTimestamp();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        Touch();
        return new ObservedTimer(this, callback, state, dueTime, period);
    }

    /// <summary>Moves the clock to its end in steps: to the next timer, but at least by <paramref name="step"/>, and settles after each.</summary>
    public async Task AdvanceAsync(TimeSpan by, TimeSpan step)
    {
        var end = _inner.GetUtcNow() + by;
        await SettleAsync();
        while (_inner.GetUtcNow() < end)
        {
            var now = _inner.GetUtcNow();
            var next = now + step;
            var due = NextDue();
            if (due > next)
            {
                next = due;
            }

            _inner.Advance((next < end ? next : end) - now);
            await SettleAsync();
        }
    }

    /// <summary>
    /// Waits until neither the clock nor the thread pool has been used for some rounds. A round goes through the
    /// pool's queue several times, so on a busy machine it takes longer by itself. It is bounded, because a handler
    /// may well be busy for ever.
    /// </summary>
    public async Task SettleAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var seen = Volatile.Read(ref _touches);
        for (var quiet = 0; quiet < QuietRounds && Stopwatch.GetElapsedTime(started) < LongestSettle;)
        {
            for (var trip = 0; trip < PoolTripsPerRound; trip++)
            {
                await Task.Run(static () => { });
            }

            await Task.Delay(RoundPause, System);
            var now = Volatile.Read(ref _touches);
            quiet = now == seen && ThreadPool.PendingWorkItemCount == 0 ? quiet + 1 : 0;
            seen = now;
        }
    }

    private void Touch() => Interlocked.Increment(ref _touches);

    private DateTimeOffset NextDue()
    {
        var next = DateTimeOffset.MaxValue.UtcTicks;
        foreach (var (timer, _) in _timers)
        {
            next = Math.Min(next, timer.DueTicks);
        }

        return new DateTimeOffset(next, TimeSpan.Zero);
    }

    private sealed class ObservedTimer : ITimer
    {
        private readonly ObservedClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _inner;
        private long _period;
        private long _due;

        public ObservedTimer(ObservedClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _clock = clock;
            _callback = callback;
            _state = state;
            Remember(dueTime, period);
            clock._timers[this] = true;
            _inner = clock._inner.CreateTimer(static timer => ((ObservedTimer)timer!).Fire(), this, dueTime, period);
        }

        public long DueTicks => Volatile.Read(ref _due);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _clock.Touch();
            Remember(dueTime, period);
            return _inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            _clock.Touch();
            _clock._timers.TryRemove(this, out _);
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            _clock.Touch();
            _clock._timers.TryRemove(this, out _);
            return _inner.DisposeAsync();
        }

        private void Fire()
        {
            _clock.Touch();
            var period = Volatile.Read(ref _period);
            Volatile.Write(
                ref _due,
                period > 0 ? _clock._inner.GetUtcNow().UtcTicks + period : DateTimeOffset.MaxValue.UtcTicks);
            _callback(_state);
        }

        private void Remember(TimeSpan dueTime, TimeSpan period)
        {
            Volatile.Write(ref _period, period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks);
            Volatile.Write(
                ref _due,
                dueTime == Timeout.InfiniteTimeSpan
                    ? DateTimeOffset.MaxValue.UtcTicks
                    : _clock._inner.GetUtcNow().UtcTicks + dueTime.Ticks);
        }
    }
}

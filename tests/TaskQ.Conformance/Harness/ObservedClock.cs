using System.Diagnostics;
using TaskQ.Memory.Testing;

namespace TaskQ.Conformance.Harness;

/// <summary>
/// A fake clock that counts how often it is used. Code that is driven by a clock touches it whenever it moves, so a
/// clock that nobody touches means that everything waits for time to pass.
/// </summary>
public sealed class ObservedClock : TimeProvider
{
    private const int QuietRounds = 3;
    private const int PoolTripsPerRound = 6;

    private static readonly TimeSpan RoundPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestSettle = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestReply = TimeSpan.FromSeconds(10);

    private readonly ManualTimeProvider _inner;
    private long _touches;

    public ObservedClock(DateTimeOffset start) => _inner = new ManualTimeProvider(start);

    public override long TimestampFrequency => _inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => _inner.LocalTimeZone;

    /// <summary>Whether something is on its way that will use the clock when it comes, such as a reply. The default is null: nothing.</summary>
    public Func<bool>? IsBusy { get; init; }

    /// <summary>How many timers are armed; a closed store leaves none.</summary>
    public int TimerCount => _inner.ArmedTimers;

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
            var left = end - _inner.GetUtcNow();
            var next = _inner.NextTimer is { } due ? (due > step ? due : step) : left;
            _inner.Advance(next < left ? next : left);
            await SettleAsync();
        }
    }

    /// <summary>
    /// Waits until the clock has not been used for some rounds. A round goes through the thread pool's queue several
    /// times, so on a busy machine it takes longer by itself. It is bounded, because a handler may be busy for ever; a
    /// reply is waited for longer, because a server that a busy machine holds up answers in the end.
    /// </summary>
    public async Task SettleAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var seen = Volatile.Read(ref _touches);
        for (int quiet = 0, rounds = 0; quiet < QuietRounds && !IsOver(started, rounds); rounds++)
        {
            for (var trip = 0; trip < PoolTripsPerRound; trip++)
            {
                await Task.Run(static () => { });
            }

            await Task.Delay(RoundPause, System);
            var now = Volatile.Read(ref _touches);
            quiet = now == seen && IsBusy?.Invoke() != true ? quiet + 1 : 0;
            seen = now;
        }
    }

    // By rounds as well: when this machine stood still, time alone says nothing.
    private bool IsOver(long started, int rounds)
    {
        var longest = IsBusy?.Invoke() == true ? LongestReply : LongestSettle;
        return Stopwatch.GetElapsedTime(started) >= longest && rounds >= longest / (4 * RoundPause);
    }

    private void Touch() => Interlocked.Increment(ref _touches);

    private sealed class ObservedTimer : ITimer
    {
        private readonly ObservedClock _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly ITimer _inner;

        public ObservedTimer(ObservedClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _clock = clock;
            _callback = callback;
            _state = state;
            _inner = clock._inner.CreateTimer(static timer => ((ObservedTimer)timer!).Fire(), this, dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _clock.Touch();
            return _inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            _clock.Touch();
            _inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            _clock.Touch();
            return _inner.DisposeAsync();
        }

        private void Fire()
        {
            _clock.Touch();
            _callback(_state);
        }
    }
}

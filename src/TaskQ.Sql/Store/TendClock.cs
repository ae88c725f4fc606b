namespace TaskQ.Sql.Store;

/// <summary>When this process next drops what a queue has kept for long enough. Processes that start together don't do so together.</summary>
internal sealed class TendClock
{
    /// <summary>Between two times, on average.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>How much longer than a piece of it took comes the next one: others have the database most of the time.</summary>
    private const int Pause = 4;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    private readonly TimeProvider _time;
    private long _last;
    private long _wait;
    private int _isRunning;

    public TendClock(TimeProvider time)
    {
        _time = time;
        SetNext();
    }

    /// <summary>Whether it is time and nobody does it; then the caller does, and calls <see cref="End"/>.</summary>
    /// <param name="isUrgent">Whether it is time anyhow.</param>
    public bool TryBegin(bool isUrgent) =>
        (isUrgent || _time.GetElapsedTime(Volatile.Read(ref _last)).Ticks >= Volatile.Read(ref _wait))
        && Interlocked.CompareExchange(ref _isRunning, 1, 0) == 0;

    public void End()
    {
        SetNext();
        Volatile.Write(ref _isRunning, 0);
    }

    /// <summary>How long to wait before the next piece of work.</summary>
    public static TimeSpan PauseAfter(TimeSpan took) => took * Pause > ShortestPause ? took * Pause : ShortestPause;

    private void SetNext()
    {
        Volatile.Write(ref _wait, (long)(Period.Ticks * (0.5 + Random.Shared.NextDouble())));
        Volatile.Write(ref _last, _time.GetTimestamp());
    }
}

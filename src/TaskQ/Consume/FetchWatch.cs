namespace TaskQ.Consume;

/// <summary>When the store last answered a fetch, and how long it has owed an answer.</summary>
internal sealed class FetchWatch(TimeProvider timeProvider)
{
    private const long Never = long.MinValue;

    // Timestamps.
    private long _answered = Never;
    private long _asked = Never;

    /// <summary>How long ago the store last answered, null when it has not.</summary>
    public TimeSpan? Age => Since(ref _answered);

    /// <summary>How long fetchers have asked without any answer, failures included.</summary>
    public TimeSpan Unanswered => Since(ref _asked) ?? TimeSpan.Zero;

    public void Ask()
    {
        if (Volatile.Read(ref _asked) == Never)
        {
            Interlocked.CompareExchange(ref _asked, timeProvider.GetTimestamp(), Never);
        }
    }

    public void Answer()
    {
        Volatile.Write(ref _answered, timeProvider.GetTimestamp());
        Volatile.Write(ref _asked, Never);
    }

    private TimeSpan? Since(ref long timestamp) =>
        Volatile.Read(ref timestamp) is not Never and var since ? timeProvider.GetElapsedTime(since) : null;
}

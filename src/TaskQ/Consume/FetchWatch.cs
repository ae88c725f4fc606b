namespace TaskQ.Consume;

/// <summary>When the store last answered a fetch, and how long it has owed an answer.</summary>
internal sealed class FetchWatch(TimeProvider timeProvider)
{
    // Timestamps; 0 means never.
    private long _answered;
    private long _asked;

    /// <summary>How long ago the store last answered, null when it has not.</summary>
    public TimeSpan? Age => Since(ref _answered);

    /// <summary>How long fetchers have asked without any answer, failures included.</summary>
    public TimeSpan Unanswered => Since(ref _asked) ?? TimeSpan.Zero;

    public void Ask()
    {
        if (Volatile.Read(ref _asked) == 0)
        {
            Interlocked.CompareExchange(ref _asked, Now(), 0);
        }
    }

    public void Answer()
    {
        Volatile.Write(ref _answered, Now());
        Volatile.Write(ref _asked, 0);
    }

    private long Now() => Math.Max(1, timeProvider.GetTimestamp());

    private TimeSpan? Since(ref long timestamp) =>
        Volatile.Read(ref timestamp) is not 0 and var since ? timeProvider.GetElapsedTime(since) : null;
}

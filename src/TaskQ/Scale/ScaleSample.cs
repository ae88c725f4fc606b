namespace TaskQ.Scale;

/// <summary>What a consumer measured since the last tick. Counts and sums are of the interval; the rest is its end.</summary>
internal readonly record struct ScaleSample
{
    /// <summary>How long the interval was.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Workers that exist, those included that end after their message.</summary>
    public int Workers { get; init; }

    /// <summary>Workers that have a message.</summary>
    public int Busy { get; init; }

    /// <summary>Reserved messages that wait for a worker.</summary>
    public int Buffered { get; init; }

    /// <summary>How long the oldest buffered message has waited; zero when there is none.</summary>
    public TimeSpan OldestWait { get; init; }

    /// <summary>True when the last fetch brought as many as it asked for, or the buffer is full: more wait behind.</summary>
    public bool LastFetchFull { get; init; }

    /// <summary>Messages that workers finished, failures included.</summary>
    public int Completed { get; init; }

    /// <summary>Those of <see cref="Completed"/> that failed.</summary>
    public int Failed { get; init; }

    /// <summary>The summed handling times of <see cref="Completed"/>, each from taking the message to being free again.</summary>
    public TimeSpan CompletedTime { get; init; }

    /// <summary>Those of <see cref="Completed"/> that started after the target of workers last changed.</summary>
    public int Fresh { get; init; }

    /// <summary>The summed handling times of <see cref="Fresh"/>.</summary>
    public TimeSpan FreshTime { get; init; }

    /// <summary>The time of the interval in which workers had a message, summed over them, finished or not.</summary>
    public TimeSpan BusyTime { get; init; }

    /// <summary>The CPU time of this process over that of all its cores, 0 to 1.</summary>
    public double CpuUtilization { get; init; }

    /// <summary>The time in which a worker was idle and the buffer empty.</summary>
    public TimeSpan StarvedTime { get; init; }

    /// <summary>Fetches that ended.</summary>
    public int Fetches { get; init; }

    /// <summary>Those of <see cref="Fetches"/> that brought a whole batch.</summary>
    public int FullFetches { get; init; }

    /// <summary>The summed time of <see cref="FullFetches"/>. They wait for no message, so it is the latency of the store.</summary>
    public TimeSpan FullFetchTime { get; init; }
}

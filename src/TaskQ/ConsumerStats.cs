namespace TaskQ;

/// <summary>What a consumer is doing and has done since it was created.</summary>
/// <param name="Workers">Workers that run or wait for a message.</param>
/// <param name="Fetchers">Fetchers that ask the backend.</param>
/// <param name="BufferSize">How many messages the buffer holds at most.</param>
/// <param name="Buffered">Messages that are reserved and wait for a worker.</param>
/// <param name="InFlight">Messages whose handler runs.</param>
/// <param name="Processed">Messages that succeeded.</param>
/// <param name="Retries">Failed attempts that are tried again.</param>
/// <param name="Failures">Messages that failed for good, those included that a fallback handler took.</param>
/// <param name="Paused">Whether fetching is paused, by errors or by an operator.</param>
/// <param name="AverageDuration">How long a handler takes: an exponential moving average.</param>
public sealed record ConsumerStats(
    int Workers,
    int Fetchers,
    int BufferSize,
    int Buffered,
    int InFlight,
    long Processed,
    long Retries,
    long Failures,
    bool Paused,
    TimeSpan AverageDuration)
{
    /// <summary>Whether the consumer runs: it was started and has not been told to stop.</summary>
    public bool Running { get; init; }

    /// <summary>Whether fetching is paused by errors.</summary>
    public bool PausedByErrors { get; init; }

    /// <summary>How long ago the store last answered a fetch; null when it has not yet, or the consumer does not run.</summary>
    public TimeSpan? LastFetchAge { get; init; }

    /// <summary>How long fetchers have asked the store in vain; zero when the last fetch was answered, however long a full buffer, a limit or a pause keeps them from the next.</summary>
    public TimeSpan FetchUnanswered { get; init; }
}

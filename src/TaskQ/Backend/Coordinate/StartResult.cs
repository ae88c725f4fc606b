namespace TaskQ.Backend.Coordinate;

/// <summary>Which of the messages that were fetched may start.</summary>
public sealed record StartResult
{
    /// <summary>How many may start: the first ones, those that are cancelled or replaced left aside.</summary>
    public int Granted { get; init; }

    /// <summary>How many more could start now; zero while the queue is paused.</summary>
    public int Free { get; init; }

    /// <summary>Whether an operator paused the queue.</summary>
    public bool Paused { get; init; }

    /// <summary>The ids that an operator cancelled.</summary>
    public IReadOnlyList<Guid> Cancelled { get; init; } = [];

    /// <summary>The ids whose messages others have replaced: what stands under them shall not start.</summary>
    public IReadOnlyList<Guid> Replaced { get; init; } = [];

    /// <summary>The messages that stand in the place of others: by their own ids the ids that they go by.</summary>
    public IReadOnlyList<KeyValuePair<Guid, Guid>> Places { get; init; } = [];

    /// <summary>When the next one can start, if that is known. The default is null: not before something changes.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

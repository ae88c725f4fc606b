namespace TaskQ.Backend.Coordinate;

/// <summary>Which of the messages that were fetched may start.</summary>
public sealed record StartResult
{
    /// <summary>How many may start: the first ones, those that are cancelled left aside.</summary>
    public int Granted { get; init; }

    /// <summary>How many more could start now; zero while the queue is paused.</summary>
    public int Free { get; init; }

    /// <summary>Whether an operator paused the queue.</summary>
    public bool Paused { get; init; }

    /// <summary>The ids that an operator cancelled.</summary>
    public IReadOnlyList<Guid> Cancelled { get; init; } = [];

    /// <summary>When the next one can start, if that is known. The default is null: not before something changes.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

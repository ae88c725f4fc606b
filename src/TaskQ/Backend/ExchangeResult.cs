namespace TaskQ.Backend;

/// <summary>What an exchange did.</summary>
public sealed record ExchangeResult
{
    /// <summary>Nothing reserved, nothing lost.</summary>
    public static ExchangeResult Empty { get; } = new();

    /// <summary>What was reserved.</summary>
    public IReadOnlyList<Delivery> Deliveries { get; init; } = [];

    /// <summary>Whether a fetch that brought fewer than it asked for left others that are ready, because one call moves so many bytes only. The default is false.</summary>
    public bool MoreReady { get; init; }

    /// <summary>The deliveries whose settlement was refused, because their lease had run out or they were purged.</summary>
    public IReadOnlyList<Delivery> Lost { get; init; } = [];

    /// <summary>Whether there are messages that must be fetched alone (<see cref="FetchRequest.Suspect"/>).</summary>
    public bool SuspectsWaiting { get; init; }

    /// <summary>Whether an operator paused the queue.</summary>
    public bool Paused { get; init; }
}

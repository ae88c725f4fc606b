namespace TaskQ.Backend;

/// <summary>What a heartbeat found.</summary>
public sealed record BeatResult
{
    /// <summary>Every lease holds, nothing is cancelled.</summary>
    public static BeatResult AllHeld { get; } = new();

    /// <summary>Deliveries that are no longer held here.</summary>
    public IReadOnlyList<Delivery> Lost { get; init; } = [];

    /// <summary>Deliveries that an operator cancelled.</summary>
    public IReadOnlyList<Delivery> Cancelled { get; init; } = [];
}

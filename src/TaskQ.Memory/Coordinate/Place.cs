namespace TaskQ.Memory.Coordinate;

/// <summary>Where a message stands that was replaced.</summary>
internal sealed class Place(Guid id)
{
    /// <summary>The id under which it stands in its store.</summary>
    public Guid Current { get; set; } = id;

    /// <summary>The id of one that is being stored in its place.</summary>
    public Guid Next { get; set; }

    /// <summary>Until when that one is waited for, by the monotonic clock.</summary>
    public long NextUntil { get; set; }

    public bool HasStarted { get; private set; }

    public bool IsNext(Guid storeId, long now) => !HasStarted && Next == storeId && NextUntil > now;

    public void Start(Guid storeId)
    {
        Current = storeId;
        HasStarted = true;
        NextUntil = 0;
    }
}

namespace TaskQ.Memory.Store;

/// <summary>A taken name.</summary>
internal sealed class NameSlot(UInt128 key, Guid id, bool untilFinished) : IHeapItem
{
    public UInt128 Key { get; } = key;

    /// <summary>The message that took it.</summary>
    public Guid Id { get; } = id;

    public bool UntilFinished { get; } = untilFinished;

    /// <summary>Whether its message is known to be stored, for who stores names only.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>Whether its message has started, for who stores names only.</summary>
    public bool HasStarted { get; set; }

    /// <summary>Whether its message has ended, for who stores names only.</summary>
    public bool HasEnded { get; set; }

    /// <summary>From when on it is free, in UTC ticks.</summary>
    public long ExpiresTicks { get; set; }

    /// <summary>The message while it has not started, so that it can be replaced.</summary>
    public Entry? Pending { get; set; }

    public long HeapKey => ExpiresTicks;

    public uint HeapSequence { get; set; }

    public int HeapIndex { get; set; } = -1;
}

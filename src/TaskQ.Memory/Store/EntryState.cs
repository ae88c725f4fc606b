namespace TaskQ.Memory.Store;

/// <summary>Where an entry stands; the fence of every settlement.</summary>
internal enum EntryState : byte
{
    /// <summary>In a ready queue.</summary>
    Ready,

    /// <summary>In the heap of delayed messages.</summary>
    Delayed,

    /// <summary>Under a lease.</summary>
    Reserved,

    /// <summary>Settled by its holder, or replaced by another entry before it was reserved.</summary>
    Gone,

    /// <summary>Taken from its holder: the lease ran out, or the queue was purged.</summary>
    Lost,
}

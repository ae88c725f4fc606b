namespace TaskQ.Memory.Store;

/// <summary>Where an entry stands; the fence of every settlement. Negative values share a field with the place in the heap.</summary>
internal enum EntryState
{
    /// <summary>In the heap of delayed messages.</summary>
    Delayed = 0,

    /// <summary>In a ready queue.</summary>
    Ready = -1,

    /// <summary>Under a lease.</summary>
    Reserved = -2,

    /// <summary>Under a lease, and cancelled by an operator.</summary>
    Cancelled = -3,

    /// <summary>Settled by its holder, or replaced by another entry before it was reserved.</summary>
    Gone = -4,

    /// <summary>Taken from its holder: the lease ran out, or the queue was purged.</summary>
    Lost = -5,
}

namespace TaskQ.Memory;

/// <summary>What an add to a queue at its <see cref="MemoryOptions.Capacity"/> does.</summary>
public enum CapacityMode
{
    /// <summary>It waits for room, in the order of the adds; its cancellation token ends the wait.</summary>
    Wait,

    /// <summary>It throws <see cref="QueueFullException"/> and stores nothing.</summary>
    Fail,
}

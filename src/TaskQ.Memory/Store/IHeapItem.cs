namespace TaskQ.Memory.Store;

/// <summary>What an <see cref="IndexedHeap{T}"/> needs to know of an item.</summary>
internal interface IHeapItem
{
    /// <summary>What the heap is ordered by; must not change while the item is in it.</summary>
    long HeapKey { get; }

    /// <summary>The order of insertion among equal keys; set by the heap.</summary>
    uint HeapSequence { get; set; }

    /// <summary>Where it is, -1 for not in the heap; set by the heap.</summary>
    int HeapIndex { get; set; }
}

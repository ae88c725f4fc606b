namespace TaskQ.Memory.Store;

/// <summary>
/// A 4-ary min-heap whose items know their place, so that any of them is removed in O(log n). Equal keys leave in
/// the order of insertion. One reference per item.
/// </summary>
/// <remarks>Algorithm: d-ary heap, https://en.wikipedia.org/wiki/D-ary_heap.</remarks>
internal sealed class IndexedHeap<T>
    where T : class, IHeapItem
{
    private const int Arity = 4;
    private const int MinCapacity = 16;

    private T?[] _items = [];
    private uint _sequence;

    public int Count { get; private set; }

    /// <summary>The items in no particular order.</summary>
    public ReadOnlySpan<T?> Items => _items.AsSpan(0, Count);

    public T? Peek() => Count == 0 ? null : _items[0];

    public void Push(T item)
    {
        if (Count == _items.Length)
        {
            // Half as much again, not double: a big heap wastes less.
            Array.Resize(ref _items, Math.Max(MinCapacity, Count + (Count >> 1)));
        }

        item.HeapSequence = _sequence++;
        SiftUp(Count++, item);
    }

    public T Pop()
    {
        T first = _items[0]!;
        Remove(first);
        return first;
    }

    public void Remove(T item)
    {
        int index = item.HeapIndex;
        item.HeapIndex = -1;
        T last = _items[--Count]!;
        _items[Count] = null;
        if (index < Count)
        {
            if (index > 0 && IsBefore(last, _items[(index - 1) / Arity]!))
            {
                SiftUp(index, last);
            }
            else
            {
                SiftDown(index, last);
            }
        }

        if (Count < _items.Length / 4 && _items.Length > 4096)
        {
            Array.Resize(ref _items, _items.Length / 2);
        }
    }

    public void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            _items[i]!.HeapIndex = -1;
        }

        _items = [];
        Count = 0;
    }

    /// <summary>The order of the heap.</summary>
    public static bool IsBefore(T left, T right)
    {
        long leftKey = left.HeapKey;
        long rightKey = right.HeapKey;

        // The difference, so that the order survives an overflow of the sequence.
        return leftKey < rightKey
            || (leftKey == rightKey && (int)(left.HeapSequence - right.HeapSequence) < 0);
    }

    private void SiftUp(int index, T item)
    {
        while (index > 0)
        {
            int parent = (index - 1) / Arity;
            T above = _items[parent]!;
            if (!IsBefore(item, above))
            {
                break;
            }

            Place(index, above);
            index = parent;
        }

        Place(index, item);
    }

    private void SiftDown(int index, T item)
    {
        while (true)
        {
            int child = (index * Arity) + 1;
            if (child >= Count)
            {
                break;
            }

            int end = Math.Min(child + Arity, Count);
            T least = _items[child]!;
            int leastIndex = child;
            while (++child < end)
            {
                T other = _items[child]!;
                if (IsBefore(other, least))
                {
                    least = other;
                    leastIndex = child;
                }
            }

            if (!IsBefore(least, item))
            {
                break;
            }

            Place(index, least);
            index = leastIndex;
        }

        Place(index, item);
    }

    private void Place(int index, T item)
    {
        _items[index] = item;
        item.HeapIndex = index;
    }
}

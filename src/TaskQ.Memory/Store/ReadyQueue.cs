using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>
/// A double-ended queue in a ring. An entry that is taken out of the middle stays as a tombstone (its state is no
/// longer ready) until it is popped, or until tombstones are half of the ring.
/// </summary>
internal sealed class ReadyQueue
{
    private const int MinCapacity = 64;
    private const int KeptWhenEmpty = 65_536;

    private Entry?[] _ring = new Entry?[MinCapacity];
    private int _head;
    private int _used;

    /// <summary>How many entries are ready; tombstones don't count.</summary>
    public int Count { get; private set; }

    public void PushBack(Entry entry)
    {
        if (_used == _ring.Length)
        {
            Resize(_ring.Length * 2);
        }

        entry.State = EntryState.Ready;
        _ring[(_head + _used) & (_ring.Length - 1)] = entry;
        _used++;
        Count++;
    }

    public void PushFront(Entry entry)
    {
        if (_used == _ring.Length)
        {
            Resize(_ring.Length * 2);
        }

        entry.State = EntryState.Ready;
        _head = (_head - 1) & (_ring.Length - 1);
        _ring[_head] = entry;
        _used++;
        Count++;
    }

    /// <summary>Fills the target with the first entries and reserves them under a lease; there must be that many.</summary>
    public void Reserve(Span<Delivery> target, Lease lease)
    {
        Entry?[] ring = _ring;
        int mask = ring.Length - 1;
        int head = _head;
        int filled = 0;
        while (filled < target.Length)
        {
            Entry entry = ring[head]!;
            ring[head] = null;
            head = (head + 1) & mask;
            _used--;
            if (entry.State == EntryState.Ready)
            {
                entry.State = EntryState.Reserved;
                entry.Lease = lease;
                target[filled++] = entry;
            }
        }

        _head = head;
        Count -= filled;
        if (Count == 0)
        {
            ReleaseMemory();
        }
    }

    /// <summary>Takes an entry out, wherever it is.</summary>
    public void Remove(Entry entry)
    {
        entry.State = EntryState.Gone;
        Count--;
        if (_used - Count > Math.Max(MinCapacity, Count))
        {
            Resize(_ring.Length);
        }
    }

    /// <summary>Finds an entry: O(n).</summary>
    public Entry? Find(Guid id)
    {
        for (int i = 0; i < _used; i++)
        {
            Entry entry = At(i);
            if (entry.State == EntryState.Ready && entry.Id == id)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The entries in their order.</summary>
    public IEnumerable<Entry> Entries()
    {
        for (int i = 0; i < _used; i++)
        {
            Entry entry = At(i);
            if (entry.State == EntryState.Ready)
            {
                yield return entry;
            }
        }
    }

    public void Clear()
    {
        foreach (Entry entry in Entries())
        {
            entry.State = EntryState.Gone;
        }

        _ring = new Entry?[MinCapacity];
        _head = 0;
        _used = 0;
        Count = 0;
    }

    private Entry At(int offset) => _ring[(_head + offset) & (_ring.Length - 1)]!;

    private void ReleaseMemory()
    {
        if (_ring.Length > KeptWhenEmpty)
        {
            Clear();
        }
    }

    /// <summary>Moves the entries to a ring of another size, without the tombstones.</summary>
    private void Resize(int capacity)
    {
        var ring = new Entry?[capacity];
        int used = 0;
        for (int i = 0; i < _used; i++)
        {
            Entry entry = At(i);
            if (entry.State == EntryState.Ready)
            {
                ring[used++] = entry;
            }
        }

        _ring = ring;
        _head = 0;
        _used = used;
    }
}

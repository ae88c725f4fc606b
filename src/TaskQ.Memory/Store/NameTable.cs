using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>
/// The names that are taken. Bounded: what has expired is swept a few at each take, and beyond the maximum the name
/// that would expire first is forgotten.
/// </summary>
internal sealed class NameTable(int maxNames)
{
    /// <summary>How many expired names one take removes: more than it adds, so that the table shrinks.</summary>
    private const int SweepBatch = 8;

    private readonly Dictionary<UInt128, NameSlot> _slots = [];
    private readonly IndexedHeap<NameSlot> _byExpiry = new();

    public int Count => _slots.Count;

    /// <summary>Who holds a name now, null when it is free.</summary>
    public NameSlot? Find(UInt128 key, long utcTicks)
    {
        if (!_slots.TryGetValue(key, out NameSlot? slot))
        {
            return null;
        }

        if (slot.ExpiresTicks > utcTicks)
        {
            return slot;
        }

        Free(slot);
        return null;
    }

    /// <summary>Takes a name that is free.</summary>
    public NameSlot Take(MessageName name, Guid id, long utcTicks)
    {
        Sweep(utcTicks);
        var slot = new NameSlot(name.Key, id, name.UntilFinished) { ExpiresTicks = Ticks.Add(utcTicks, name.Window.Ticks) };
        _slots.Add(name.Key, slot);
        _byExpiry.Push(slot);
        return slot;
    }

    /// <summary>Keeps a name at least for a window from now.</summary>
    public void Extend(NameSlot slot, TimeSpan window, long utcTicks)
    {
        long expires = Ticks.Add(utcTicks, window.Ticks);
        if (expires > slot.ExpiresTicks)
        {
            EndAt(slot, expires);
        }
    }

    /// <summary>Lets a name end at a time, sooner or later than before.</summary>
    public void EndAt(NameSlot slot, long utcTicks)
    {
        _byExpiry.Remove(slot);
        slot.ExpiresTicks = utcTicks;
        _byExpiry.Push(slot);
    }

    /// <summary>Frees a name; nothing happens when it was freed before.</summary>
    public void Free(NameSlot slot)
    {
        slot.Pending = null;
        if (slot.HeapIndex >= 0)
        {
            _byExpiry.Remove(slot);
            _slots.Remove(slot.Key);
        }
    }

    /// <summary>After a purge: no message is pending, and the names that last until their message ends are free.</summary>
    public void EndAll()
    {
        foreach (NameSlot slot in _slots.Values)
        {
            slot.Pending = null;
            if (slot.UntilFinished)
            {
                // Removing during the enumeration is allowed by Dictionary.
                Free(slot);
            }
        }
    }

    private void Sweep(long utcTicks)
    {
        for (int i = 0; i < SweepBatch && _byExpiry.Peek() is { } first && first.ExpiresTicks <= utcTicks; i++)
        {
            Free(first);
        }

        if (_slots.Count >= maxNames)
        {
            Free(_byExpiry.Peek()!);
        }
    }
}

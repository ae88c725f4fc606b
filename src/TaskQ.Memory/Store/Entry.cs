using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>
/// A stored message, passed by reference and unnamed: the most frequent kind, kept small. An entry is
/// reserved at most once; a message that comes back comes back as a new entry, which is what fences the old one.
/// </summary>
internal class Entry(Guid id, MessageBody body) : Delivery(id, body), IHeapItem
{
    /// <summary>When it may start or was allowed to, in UTC ticks.</summary>
    public long DueTicks;

    /// <summary>Its place in the heap, or its state.</summary>
    private int _place = (int)EntryState.Ready;

    public EntryState State
    {
        get => _place >= 0 ? EntryState.Delayed : (EntryState)_place;
        set => _place = (int)value;
    }

    public bool IsCancelled => State == EntryState.Cancelled;

    /// <summary>Whether it is under a lease.</summary>
    public bool IsHeld => State is EntryState.Reserved or EntryState.Cancelled;

    public uint HeapSequence { get; set; }

    public int HeapIndex
    {
        get => _place;
        set => _place = value;
    }

    public long HeapKey => DueTicks;

    public bool IsSuspect => Crashes >= FetchRequest.SuspectCrashes;

    public virtual string TaskName => Body.Message!.TaskName;

    public virtual long EnqueuedTicks => Body.Message!.EnqueuedAt.UtcTicks;

    public static Entry Create(in NewMessage message)
    {
        // An undelayed message became due when it was added: no second look at the clock.
        long added = message.EnqueuedAt.UtcTicks;
        return message.Name is null && message.Body.Message is not null
            ? new Entry(message.Id, message.Body) { DueTicks = added }
            : new DetailedEntry(message.Id, message.Body, message.TaskName, added, null) { DueTicks = added };
    }

    /// <summary>The same message as a new entry, not yet stored.</summary>
    public virtual Entry Again(int attempt, int crashes) =>
        new(StoreId, Body) { Attempt = attempt, Crashes = crashes, DueTicks = DueTicks };

    /// <summary>Takes over what a later message of the same name holds; the id stays.</summary>
    public virtual void Replace(in NewMessage message) => Body = message.Body;
}

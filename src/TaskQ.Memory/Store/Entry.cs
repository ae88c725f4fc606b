using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>
/// A stored message, passed by reference and unnamed: the most frequent kind, kept at 80 bytes. An entry is
/// reserved at most once; a message that comes back comes back as a new entry, which is what fences the old one.
/// </summary>
internal class Entry(Guid id, MessageBody body) : Delivery(id, body), IHeapItem
{
    /// <summary>When it may start or was allowed to, in UTC ticks.</summary>
    public long DueTicks;

    public EntryState State;

    /// <summary>Whether an operator cancelled it while it was reserved.</summary>
    public bool IsCancelled;

    /// <summary>Whether <see cref="Name"/> is worth asking.</summary>
    public bool HasName;

    public uint HeapSequence { get; set; }

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => DueTicks;

    public bool IsSuspect => Crashes >= FetchRequest.SuspectCrashes;

    public virtual string TaskName => Body.Message!.TaskName;

    public virtual long EnqueuedTicks => Body.Message!.EnqueuedAt.UtcTicks;

    /// <summary>The name that it took, null when it has none or never took one.</summary>
    public virtual NameSlot? Name => null;

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
        new(Id, Body) { Attempt = attempt, Crashes = crashes, DueTicks = DueTicks };

    /// <summary>Takes over what a later message of the same name holds; the id stays.</summary>
    public virtual void Replace(in NewMessage message) => Body = message.Body;
}

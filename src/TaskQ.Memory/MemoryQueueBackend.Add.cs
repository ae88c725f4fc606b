using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>
/// Adding. 1. The entry is made outside the lock. 2. A named message looks at its name. 3. Without room, the add
/// waits or fails. 4. The name is taken and the entry stored. 5. A fetch that waits is woken.
/// </summary>
internal sealed partial class MemoryQueueBackend
{
    private readonly LinkedList<AddWaiter> _adders = [];

    private bool HasRoom => _capacity == int.MaxValue || (_adders.Count == 0 && Waiting < _capacity);

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AddResult>(cancellationToken);
        }

        var entry = Entry.Create(message);
        AddWaiter waiter;
        lock (_lock)
        {
            ThrowIfDisposed();
            if (FindStored(message) is { } stored)
            {
                return ValueTask.FromResult(stored);
            }

            if (HasRoom)
            {
                Store(entry, message);
                return ValueTask.FromResult(new AddResult(message.Id, AddStatus.Added));
            }

            if (_fullMode == CapacityMode.Fail)
            {
                throw QueueFullException.Create(_name, _capacity);
            }

            waiter = new AddWaiter(message);
            _adders.AddLast(waiter);
        }

        return WaitForRoomAsync(waiter, cancellationToken);
    }

    public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AddResult[]>(cancellationToken);
        }

        ReadOnlySpan<NewMessage> span = messages.Span;
        var entries = new Entry[span.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = Entry.Create(span[i]);
        }

        var results = new AddResult[span.Length];
        lock (_lock)
        {
            ThrowIfDisposed();

            // By count, duplicates included: a batch that is refused has stored nothing.
            bool allFit = _capacity == int.MaxValue || (_adders.Count == 0 && _capacity - Waiting >= span.Length);
            if (allFit)
            {
                for (int i = 0; i < entries.Length; i++)
                {
                    results[i] = StoreOrFindDuplicate(entries[i], span[i]);
                }

                return ValueTask.FromResult(results);
            }

            if (_fullMode == CapacityMode.Fail)
            {
                throw QueueFullException.Create(_name, _capacity);
            }
        }

        return AddOneByOneAsync(messages, results, cancellationToken);
    }

    private async ValueTask<AddResult[]> AddOneByOneAsync(
        ReadOnlyMemory<NewMessage> messages,
        AddResult[] results,
        CancellationToken cancellationToken)
    {
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = await AddAsync(messages.Span[i], cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    private async ValueTask<AddResult> WaitForRoomAsync(AddWaiter waiter, CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, waiter) = ((MemoryQueueBackend, AddWaiter))state!;
                lock (queue._lock)
                {
                    // One that is no longer in line has been stored: its result stands.
                    if (queue._adders.Remove(waiter))
                    {
                        waiter.TrySetCanceled(token);
                    }
                }
            },
            (this, waiter)))
        {
            return await waiter.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Stores the messages of waiting adds, in their order, as far as there is room.</summary>
    private void AdmitAdders()
    {
        while (_adders.First is { } first && Waiting < _capacity)
        {
            _adders.RemoveFirst();
            AddWaiter waiter = first.Value;
            waiter.TrySetResult(StoreOrFindDuplicate(Entry.Create(waiter.Message), waiter.Message));
        }
    }

    private AddResult StoreOrFindDuplicate(Entry entry, in NewMessage message)
    {
        if (FindStored(message) is { } stored)
        {
            return stored;
        }

        Store(entry, message);
        return new AddResult(message.Id, AddStatus.Added);
    }

    private void Store(Entry entry, in NewMessage message)
    {
        if (message.Name is { } name)
        {
            NameSlot slot = _names.Take(name, message.Id, UtcNow());
            slot.Pending = entry;
            ((DetailedEntry)entry).Name = slot;
            KeepId(message);
        }

        _stored?.Invoke(message.Id);
        if (message.Delay > TimeSpan.Zero || message.DueAt is not null)
        {
            Place(entry, DueTicks(message));
            return;
        }

        MakeReady(entry);
        if (_waiters.Count != 0)
        {
            Wake();
        }
    }

    /// <summary>Looks for the message itself, if it may be stored already, and for one of its name.</summary>
    /// <returns>The result of the add, null when it is to be stored.</returns>
    private AddResult? FindStored(in NewMessage message)
    {
        if (message.KeepsId && _names.Find(MessageName.OfId(message.Id).Key, UtcNow()) is not null)
        {
            return new AddResult(message.Id, AddStatus.Added);
        }

        if (message.Name is not null && FindDuplicate(message) is { } duplicate)
        {
            KeepId(message);
            return duplicate;
        }

        return message.IsRepeated && (Find(message.Id) is not null || _dead.Find(message.Id) is not null)
            ? new AddResult(message.Id, AddStatus.Added)
            : null;
    }

    /// <summary>Takes the id of a message as a name, if it asks for it; it is free, for <see cref="FindStored"/> has looked.</summary>
    private void KeepId(in NewMessage message)
    {
        if (message.KeepsId)
        {
            _names.Take(MessageName.OfId(message.Id), message.Id, UtcNow());
        }
    }

    /// <summary>Looks at the name of a message; a pending holder is replaced if the message asks for it.</summary>
    /// <returns>The result of the add, null when the name is free.</returns>
    private AddResult? FindDuplicate(in NewMessage message)
    {
        MessageName name = message.Name!;
        long utcNow = UtcNow();
        if (_names.Find(name.Key, utcNow) is not { } slot)
        {
            return null;
        }

        if (slot.Id == message.Id)
        {
            // The same add once more.
            return new AddResult(slot.Id, AddStatus.Added);
        }

        if (name.Mode == DedupeMode.ReplacePending && slot.Pending is { } pending)
        {
            pending.Replace(message);
            Move(pending, DueTicks(message));
            _names.Extend(slot, name.Window, utcNow);
        }

        return new AddResult(slot.Id, AddStatus.Duplicate);
    }

    private long DueTicks(in NewMessage message) =>
        message.DueAt?.UtcTicks ?? Ticks.Add(UtcNow(), Math.Max(0, message.Delay.Ticks));

    /// <summary>Stores an entry that is in no structure: ready when its time has come, delayed otherwise.</summary>
    private void Place(Entry entry, long dueTicks)
    {
        entry.DueTicks = dueTicks;
        long wait = dueTicks - UtcNow();
        if (wait <= 0)
        {
            MakeReady(entry);
            Wake();
            return;
        }

        entry.State = EntryState.Delayed;
        _delayed.Push(entry);
        if (entry.HeapIndex == 0)
        {
            long now = Now();
            ArmFor(Ticks.Add(now, wait), now);
        }
    }

    /// <summary>Moves an entry that waits to another due time; what is ready and stays so keeps its turn.</summary>
    private void Move(Entry entry, long dueTicks)
    {
        if (entry.State == EntryState.Delayed)
        {
            _delayed.Remove(entry);
            Place(entry, dueTicks);
        }
        else if (dueTicks <= UtcNow())
        {
            entry.DueTicks = dueTicks;
        }
        else
        {
            // A new entry: the old one is still in the ring, as a tombstone.
            Entry moved = entry.Again(entry.Attempt, entry.Crashes);
            QueueOf(entry).Remove(entry);
            if (entry is DetailedEntry { Name: { Pending: not null } slot })
            {
                slot.Pending = moved;
            }

            Place(moved, dueTicks);
        }
    }

    private ReadyQueue QueueOf(Entry entry) => entry.IsSuspect ? _suspects : _ready;

    private void MakeReady(Entry entry) => QueueOf(entry).PushBack(entry);
}

using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>What operators do. Finding one message scans all of them.</summary>
internal sealed partial class MemoryQueueBackend
{
    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            PromoteDue(int.MaxValue);
            _dead.Sweep(UtcNow());
            StoredMessage? found = Find(id) is { } entry ? Show(entry)
                : _dead.Find(id) is { } buried ? Show(buried)
                : null;
            return ValueTask.FromResult(found);
        }
    }

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var found = new List<StoredMessage>();
        lock (_lock)
        {
            ThrowIfDisposed();
            PromoteDue(int.MaxValue);
            long utcNow = UtcNow();
            _dead.Sweep(utcNow);
            long newest = filter.MinAge is { } age ? utcNow - age.Ticks : long.MaxValue;
            bool Matches(Entry entry) =>
                (filter.TaskName is null || filter.TaskName == entry.TaskName) && entry.EnqueuedTicks <= newest;

            Collect(MessageState.Ready, () => _ready.Entries().Concat(_suspects.Entries()));
            Collect(MessageState.Delayed, () => FirstDelayed(max, Matches));
            Collect(MessageState.InFlight, Reserved);
            if (filter.State is null or MessageState.Dead)
            {
                found.AddRange(_dead.Entries.Where(buried => Matches(buried.Entry)).Take(max - found.Count).Select(Show));
            }

            void Collect(MessageState state, Func<IEnumerable<Entry>> entries)
            {
                if (filter.State is null || filter.State == state)
                {
                    found.AddRange(entries().Where(Matches).Take(max - found.Count).Select(Show));
                }
            }
        }

        return ValueTask.FromResult<IReadOnlyList<StoredMessage>>(found);
    }

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            if (Find(id) is not { } entry)
            {
                return ValueTask.FromResult(false);
            }

            if (entry.IsHeld)
            {
                entry.State = EntryState.Cancelled;
                ((HeldLease)entry.Lease!.State!).HasNews = true;
                return ValueTask.FromResult(true);
            }

            if (entry.State == EntryState.Delayed)
            {
                _delayed.Remove(entry);
                entry.State = EntryState.Gone;
            }
            else
            {
                QueueOf(entry).Remove(entry);
            }

            Finish(entry);
            AdmitAdders();
            ReportQuiet();
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            if (Find(id) is not { State: EntryState.Ready or EntryState.Delayed } entry)
            {
                return ValueTask.FromResult(false);
            }

            Move(entry, dueAt.UtcTicks);
            ReportQuiet();
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            if (_paused == paused)
            {
                return default;
            }

            _paused = paused;
            // At its start, all that wait learn of it, and the next fetches wait for its end; at its end, they look again.
            EndWaiters();
            ReportQuiet();
        }

        return default;
    }

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            PromoteDue(int.MaxValue);
            _dead.Sweep(UtcNow());
            return ValueTask.FromResult(
                new QueueCounts(_ready.Count + _suspects.Count, _delayed.Count, _inFlight, _dead.Count));
        }
    }

    public ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            _ready.Clear();
            _suspects.Clear();
            _delayed.Clear();
            while (_leases.First is { } held)
            {
                _leases.Remove(held);
                held.HasNews = true;
                foreach (Delivery delivery in held.Deliveries)
                {
                    var entry = (Entry)delivery;
                    entry.State = entry.IsHeld ? EntryState.Lost : entry.State;
                }
            }

            _inFlight = 0;
            _names.EndAll();
            AdmitAdders();
            ReportQuiet();
        }

        return default;
    }

    private static StoredMessage Show(Entry entry)
    {
        MessageState state = entry.IsHeld ? MessageState.InFlight
            : entry.State == EntryState.Delayed ? MessageState.Delayed
            : MessageState.Ready;
        int attempts = entry.IsHeld ? entry.Attempt : entry.Attempt - 1;
        return new StoredMessage(entry.Id, entry.Body, state, attempts, Ticks.ToTime(entry.DueTicks));
    }

    private static StoredMessage Show(BuriedEntry buried) => new(
        buried.Entry.Id,
        buried.Entry.Body,
        MessageState.Dead,
        buried.Death.Attempts,
        Ticks.ToTime(buried.DiedTicks));

    /// <summary>Finds a message that is not dead: O(n).</summary>
    private Entry? Find(Guid id)
    {
        foreach (Entry entry in Reserved())
        {
            if (entry.Id == id)
            {
                return entry;
            }
        }

        foreach (Entry? entry in _delayed.Items)
        {
            if (entry!.Id == id)
            {
                return entry;
            }
        }

        return _ready.Find(id) ?? _suspects.Find(id);
    }

    private IEnumerable<Entry> Reserved() => _leases.ByAge()
        .SelectMany(static held => held.Deliveries)
        .Cast<Entry>()
        .Where(static entry => entry.IsHeld);

    /// <summary>The delayed messages that match and are due first: O(n log max), for the heap has no order to walk in.</summary>
    private Entry[] FirstDelayed(int max, Func<Entry, bool> matches)
    {
        var latestFirst = Comparer<Entry>.Create(static (left, right) =>
            ReferenceEquals(left, right) ? 0 : IndexedHeap<Entry>.IsBefore(left, right) ? 1 : -1);
        var kept = new PriorityQueue<Entry, Entry>(latestFirst);
        foreach (Entry? entry in _delayed.Items)
        {
            if (!matches(entry!))
            {
                continue;
            }

            if (kept.Count < max)
            {
                kept.Enqueue(entry!, entry!);
            }
            else if (IndexedHeap<Entry>.IsBefore(entry!, kept.Peek()))
            {
                kept.EnqueueDequeue(entry!, entry!);
            }
        }

        var ordered = new Entry[kept.Count];
        for (int i = ordered.Length - 1; i >= 0; i--)
        {
            ordered[i] = kept.Dequeue();
        }

        return ordered;
    }
}

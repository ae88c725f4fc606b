using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>Leases: extended by beats, ended by time.</summary>
internal sealed partial class MemoryQueueBackend
{
    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<Delivery>? lost = null;
        List<Delivery>? cancelled = null;
        lock (_lock)
        {
            ThrowIfDisposed();
            long now = Now();
            for (int i = 0; i < leases.Count; i++)
            {
                if (leases[i].State is not HeldLease held)
                {
                    continue;
                }

                if (held.IsListed)
                {
                    _leases.Extend(held, Ticks.Add(now, leases[i].Duration.Ticks));
                }

                if (held.HasNews)
                {
                    Collect(held, ref lost, ref cancelled);
                }
            }
        }

        return ValueTask.FromResult(lost is null && cancelled is null
            ? BeatResult.AllHeld
            : new BeatResult { Lost = lost is null ? [] : lost, Cancelled = cancelled is null ? [] : cancelled });
    }

    private static void Collect(HeldLease held, ref List<Delivery>? lost, ref List<Delivery>? cancelled)
    {
        foreach (Delivery delivery in held.Deliveries)
        {
            var entry = (Entry)delivery;
            if (entry.State == EntryState.Lost)
            {
                (lost ??= []).Add(entry);
            }
            else if (entry is { State: EntryState.Reserved, IsCancelled: true })
            {
                (cancelled ??= []).Add(entry);
            }
        }
    }

    /// <summary>Takes the messages of leases that ran out from their holders and puts them before those that wait.</summary>
    private void ExpireLeases(long now)
    {
        List<Entry>? expired = null;
        while (_leases.First is { } first && first.Deadline <= now)
        {
            _leases.Remove(first);
            first.HasNews = true;
            foreach (Delivery delivery in first.Deliveries)
            {
                var entry = (Entry)delivery;
                if (entry.State != EntryState.Reserved)
                {
                    continue;
                }

                entry.State = EntryState.Lost;
                _inFlight--;
                if (entry.IsCancelled)
                {
                    Finish(entry);
                }
                else
                {
                    (expired ??= []).Add(entry.Again(entry.Attempt + 1, entry.Crashes + 1));
                }
            }
        }

        if (expired is not null)
        {
            PutBack(expired);
        }
    }
}

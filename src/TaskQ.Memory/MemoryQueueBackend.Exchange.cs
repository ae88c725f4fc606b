using System.Runtime.InteropServices;
using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>
/// The exchange. 1. Each settlement is checked against the state of its entry, the fence, and carried out. 2. What is
/// asked for is reserved in the same hold of the lock. 3. With nothing there, the fetch waits.
/// </summary>
internal sealed partial class MemoryQueueBackend
{
    public ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        FetchWaiter waiter;
        lock (_lock)
        {
            ThrowIfDisposed();
            List<Delivery>? lost = finished.Count == 0 ? null : Settle(finished);
            if (fetch is null || cancellationToken.IsCancellationRequested)
            {
                Wake();
                return ValueTask.FromResult(Report([], lost));
            }

            long now = Now();
            ExpireLeases(now);
            PromoteDue(Math.Max(fetch.Max, PromoteBatch));
            Delivery[]? deliveries = Reserve(fetch, now);

            // For others: what came back, what is left, and slots that are free.
            Wake(now);
            if (deliveries is not null || lost is not null || !ShouldWait(fetch))
            {
                return ValueTask.FromResult(Report(deliveries ?? [], lost));
            }

            waiter = new FetchWaiter(fetch, fetch.Wait < TimeSpan.Zero ? long.MaxValue : Ticks.Add(now, fetch.Wait.Ticks));
            Register(waiter, now);
        }

        return WaitForMessagesAsync(waiter, cancellationToken);
    }

    private ExchangeResult Report(Delivery[] deliveries, List<Delivery>? lost)
    {
        bool hasSuspects = _suspects.Count > 0;
        if (deliveries.Length == 0 && lost is null && !hasSuspects && !_paused)
        {
            return ExchangeResult.Empty;
        }

        return new ExchangeResult
        {
            Deliveries = deliveries,
            Lost = lost is null ? [] : lost,
            SuspectsWaiting = hasSuspects,
            Paused = _paused,
        };
    }

    /// <summary>Carries out settlements.</summary>
    /// <returns>Those that were refused, null for none.</returns>
    private List<Delivery>? Settle(IReadOnlyList<Settlement> finished)
    {
        List<Delivery>? lost = null;
        List<Entry>? released = null;
        if (finished is Settlement[] array)
        {
            Settle(array, ref lost, ref released);
        }
        else if (finished is List<Settlement> list)
        {
            Settle(CollectionsMarshal.AsSpan(list), ref lost, ref released);
        }
        else
        {
            Settle([.. finished], ref lost, ref released);
        }

        if (released is not null)
        {
            PutBack(released);
        }

        return lost;
    }

    private void Settle(ReadOnlySpan<Settlement> finished, ref List<Delivery>? lost, ref List<Entry>? released)
    {
        foreach (ref readonly Settlement settlement in finished)
        {
            if (settlement.Delivery is not Entry { State: EntryState.Reserved } entry)
            {
                (lost ??= []).Add(settlement.Delivery);
                continue;
            }

            LetGo(entry);
            switch (settlement.Kind)
            {
                case SettlementKind.Complete:
                    Finish(entry);
                    break;
                case SettlementKind.Dead:
                    Bury(entry, settlement.Death);
                    break;
                case SettlementKind.Retry when !entry.IsCancelled:
                    Place(entry.Again(entry.Attempt + 1, entry.Crashes), Ticks.Add(UtcNow(), Math.Max(0, settlement.Delay.Ticks)));
                    break;
                case SettlementKind.Release when !entry.IsCancelled:
                    Release(entry, settlement.Delay, ref released);
                    break;
                default:
                    Finish(entry);
                    break;
            }
        }
    }

    private void Release(Entry entry, TimeSpan delay, ref List<Entry>? released)
    {
        Entry again = entry.Again(entry.Attempt, entry.Crashes);
        if (again is { HasName: true, Attempt: 1, Crashes: 0 })
        {
            // As if it had not been fetched: it can be replaced again.
            again.Name!.Pending = again.Name.HeapIndex >= 0 ? again : null;
        }

        if (delay > TimeSpan.Zero)
        {
            Place(again, Ticks.Add(UtcNow(), delay.Ticks));
        }
        else
        {
            (released ??= []).Add(again);
        }
    }

    /// <summary>Puts entries before those that wait, in their order.</summary>
    private void PutBack(List<Entry> entries)
    {
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            QueueOf(entries[i]).PushFront(entries[i]);
        }
    }

    /// <summary>Ends a reservation by its holder.</summary>
    private void LetGo(Entry entry)
    {
        entry.State = EntryState.Gone;
        _inFlight--;
        var held = (HeldLease)entry.Lease!.State!;
        if (--held.Outstanding == 0)
        {
            _leases.Remove(held);
        }
    }

    /// <summary>A message leaves the queue for good: a name that lasts as long as it does is free.</summary>
    private void Finish(Entry entry)
    {
        if (entry.HasName && entry.Name is { } slot)
        {
            slot.Pending = null;
            if (slot.UntilFinished)
            {
                _names.Free(slot);
            }
        }
    }
}

using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>
/// Reserving and waiting. Nothing is handed to a fetch that waits: it is woken, and takes what there is by itself. So
/// one that is cancelled meanwhile has nothing to give back. One is woken at a time; it wakes the next if it leaves
/// messages behind.
/// </summary>
internal sealed partial class MemoryQueueBackend
{
    private readonly List<FetchWaiter> _waiters = [];
    private readonly List<FetchWaiter> _suspectWaiters = [];
    private long _leaseNumber;
    private bool _isWaking;

    private List<FetchWaiter> WaitersLike(FetchWaiter waiter) => waiter.Request.Suspect ? _suspectWaiters : _waiters;

    /// <summary>Reserves what the queue and its limits allow.</summary>
    /// <returns>The deliveries, null for none.</returns>
    private Delivery[]? Reserve(FetchRequest fetch, long now)
    {
        if (_leases.Find(fetch.Lease.Id) is { } held)
        {
            return ReserveAgain(fetch.Lease, held);
        }

        ReadyQueue queue = fetch.Suspect ? _suspects : _ready;
        int count = Math.Min(fetch.Suspect ? 1 : fetch.Max, queue.Count);
        count = Math.Min(count, _workerLimit - _inFlight);
        if (count <= 0 || _paused)
        {
            return null;
        }

        if (_rate is not null)
        {
            count = Math.Min(count, _rate.Available(now));
            if (count == 0)
            {
                return null;
            }

            _rate.Take(count, now);
        }

        var deliveries = new Delivery[count];
        queue.Reserve(deliveries, fetch.Lease);
        Hold(fetch.Lease, deliveries, now);
        if (_adders.Count != 0)
        {
            AdmitAdders();
        }

        return deliveries;
    }

    private void Hold(Lease lease, Delivery[] deliveries, long now)
    {
        _inFlight += deliveries.Length;
        foreach (Delivery delivery in deliveries)
        {
            if (((Entry)delivery).HasName)
            {
                ((Entry)delivery).Name!.Pending = null;
            }
        }

        var held = new HeldLease(lease, deliveries, _leaseNumber++) { Deadline = Ticks.Add(now, lease.Duration.Ticks) };
        lease.Deliveries = deliveries;
        lease.State = held;
        _leases.Add(held);
        ArmFor(held.Deadline, now);
    }

    /// <summary>The same lease asked for once more: what it still holds.</summary>
    private static Delivery[] ReserveAgain(Lease lease, HeldLease held)
    {
        lease.Deliveries = Array.FindAll(held.Deliveries, static delivery => ((Entry)delivery).State == EntryState.Reserved);
        lease.State = held;
        return (Delivery[])lease.Deliveries;
    }

    private bool ShouldWait(FetchRequest fetch)
    {
        bool mustReportSuspects = !fetch.Suspect && !_paused && _suspects.Count > 0;
        return fetch.Wait != TimeSpan.Zero && !mustReportSuspects;
    }

    private async ValueTask<ExchangeResult> WaitForMessagesAsync(FetchWaiter waiter, CancellationToken cancellationToken)
    {
        while (true)
        {
            using (cancellationToken.UnsafeRegister(
                static state =>
                {
                    var (queue, waiter) = ((MemoryQueueBackend, FetchWaiter))state!;
                    queue.EndWait(waiter);
                },
                (this, waiter)))
            {
                await waiter.Signalled.ConfigureAwait(false);
            }

            lock (_lock)
            {
                if (waiter.HoldsWake)
                {
                    waiter.HoldsWake = false;
                    _isWaking = false;
                }

                if (_disposed)
                {
                    return ExchangeResult.Empty;
                }

                long now = Now();
                Delivery[]? deliveries = null;
                if (!cancellationToken.IsCancellationRequested)
                {
                    ExpireLeases(now);
                    PromoteDue(Math.Max(waiter.Request.Max, PromoteBatch));
                    deliveries = Reserve(waiter.Request, now);
                    if (deliveries is null && !waiter.MustEnd && ShouldWait(waiter.Request) && now < waiter.Deadline)
                    {
                        waiter.Rearm();
                        Register(waiter, now);
                        continue;
                    }
                }

                // Before it leaves it passes the wake on.
                Wake(now);
                return Report(deliveries ?? [], null);
            }
        }
    }

    private void Register(FetchWaiter waiter, long now)
    {
        WaitersLike(waiter).Add(waiter);
        ArmFor(Math.Min(waiter.Deadline, NextPermit()), now);
    }

    /// <summary>Wakes the fetches that can go on.</summary>
    private void Wake() => Wake(_rate is null ? 0 : Now());

    private void Wake(long now)
    {
        if (_waiters.Count + _suspectWaiters.Count == 0 || _paused)
        {
            return;
        }

        bool isFree = _inFlight < _workerLimit && (_rate is null || _rate.Available(now) > 0);
        if (_suspects.Count > 0)
        {
            // Each of them ends to report it: the one whose process is idle will come for it.
            End(_waiters);
            if (isFree && _suspectWaiters.Count > 0)
            {
                Signal(_suspectWaiters, 0);
            }
        }
        else if (_ready.Count > 0 && _waiters.Count > 0 && isFree && !_isWaking)
        {
            _isWaking = true;
            _waiters[0].HoldsWake = true;
            Signal(_waiters, 0);
        }

        if (!isFree)
        {
            ArmFor(NextPermit(), now);
        }
    }

    /// <summary>Ends waits with what there is.</summary>
    private static void End(List<FetchWaiter> waiters)
    {
        foreach (FetchWaiter waiter in waiters)
        {
            waiter.MustEnd = true;
            waiter.Signal();
        }

        waiters.Clear();
    }

    private static void Signal(List<FetchWaiter> waiters, int index)
    {
        FetchWaiter waiter = waiters[index];
        waiters.RemoveAt(index);
        waiter.Signal();
    }

    private void EndWait(FetchWaiter waiter)
    {
        lock (_lock)
        {
            if (WaitersLike(waiter).Remove(waiter))
            {
                waiter.Signal();
            }
        }
    }

    private void EndOverdueWaiters(long now)
    {
        EndOverdue(_waiters, now);
        EndOverdue(_suspectWaiters, now);
    }

    private static void EndOverdue(List<FetchWaiter> waiters, long now)
    {
        for (int i = waiters.Count - 1; i >= 0; i--)
        {
            if (waiters[i].Deadline <= now)
            {
                Signal(waiters, i);
            }
        }
    }

    private void EndWaiters()
    {
        End(_waiters);
        End(_suspectWaiters);
    }
}

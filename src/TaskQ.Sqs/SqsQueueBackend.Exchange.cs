using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using TaskQ.Backend;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>
/// The exchange. Settlements and a fetch that does not wait go out at the same time. SQS knows receipts, not leases: which
/// messages a lease holds, and until when, is kept here.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<Guid, SqsDelivery[]> _held = new();
    private long _sweptAt;

    public async ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        if (finished.Count == 0)
        {
            return fetch is null ? ExchangeResult.Empty : await FetchAsync(fetch, fetch.Wait, cancellationToken).ConfigureAwait(false);
        }

        // Who brings settlements learns at once that they are carried out, and waits with the next call.
        Task<ExchangeResult>? fetching = fetch is null ? null : FetchAsync(fetch, TimeSpan.Zero, cancellationToken);
        List<Delivery> lost = [];
        ExceptionDispatchInfo? failure = await SettleAllAsync(finished, lost).ConfigureAwait(false);
        ExchangeResult result = fetching is null ? ExchangeResult.Empty : await fetching.ConfigureAwait(false);

        // What was fetched meanwhile comes when the same lease is asked for again.
        failure?.Throw();
        foreach (Settlement settlement in finished)
        {
            ((SqsDelivery)settlement.Delivery).Report();
        }

        foreach (Settlement settlement in finished)
        {
            Forget(settlement.Delivery.Lease!.Id);
        }

        return lost.Count == 0 ? result : result with { Lost = lost };
    }

    private async Task<ExchangeResult> FetchAsync(FetchRequest fetch, TimeSpan wait, CancellationToken cancellationToken)
    {
        SweepHeld();
        if (_held.TryGetValue(fetch.Lease.Id, out SqsDelivery[]? known) && Array.FindAll(known, IsHeld) is { Length: > 0 } still)
        {
            return Hand(fetch.Lease, still, suspectsWaiting: false);
        }

        return fetch.Suspect
            ? await TakeSuspectAsync(fetch.Lease).ConfigureAwait(false)
            : await ReceiveAsync(fetch, wait, cancellationToken).ConfigureAwait(false);
    }

    private ExchangeResult Hand(Lease lease, SqsDelivery[] deliveries, bool suspectsWaiting)
    {
        foreach (SqsDelivery delivery in deliveries)
        {
            delivery.Lease = lease;
        }

        lease.Deliveries = deliveries;
        _held[lease.Id] = deliveries;
        return new ExchangeResult { Deliveries = deliveries, SuspectsWaiting = suspectsWaiting };
    }

    private bool IsHeld(SqsDelivery delivery) => delivery.IsHeld && !IsOver(delivery);

    private bool IsOver(SqsDelivery delivery) => _time.GetTimestamp() >= delivery.Deadline;

    /// <summary>Forgets leases that ran out without a settlement.</summary>
    private void SweepHeld()
    {
        long now = _time.GetTimestamp();
        long last = Interlocked.Read(ref _sweptAt);
        if (_time.GetElapsedTime(last, now) < SweepPause || Interlocked.CompareExchange(ref _sweptAt, now, last) != last)
        {
            return;
        }

        foreach (Guid id in _held.Keys)
        {
            Forget(id);
        }
    }

    /// <summary>Forgets a lease that holds nothing any more.</summary>
    private void Forget(Guid lease)
    {
        if (_held.TryGetValue(lease, out SqsDelivery[]? deliveries) && !Array.Exists(deliveries, IsHeld))
        {
            _held.TryRemove(lease, out _);
        }
    }
}

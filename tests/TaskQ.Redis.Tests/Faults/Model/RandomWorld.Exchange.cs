using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <content>Reserving, settling and beating.</content>
internal sealed partial class RandomWorld
{
    /// <summary>What is counted as late: longer than the longest lease.</summary>
    private const int LateUnits = 21;

    private async Task ExchangeAsync(Operation operation, int worker, bool settles, bool fetches)
    {
        if (!fetches && operation.Has(OperationFlags.Late))
        {
            // Until somebody takes an overdue lease back it still holds.
            await Advance(LateUnits);
        }

        var (settlements, lost) = settles ? Settle(operation, worker) : ([], []);
        var fetch = fetches
            ? new FetchRequest(new Lease(NewId(2), ModelTime.Span(Math.Max(1, operation.Time))), Math.Max(1, operation.Count), TimeSpan.Zero, operation.Has(OperationFlags.Suspect))
            : null;
        if (fetch is null && settlements.Count == 0)
        {
            return;
        }

        var result = await workers[worker].ExchangeAsync(settlements, fetch, Token);
        AssertRefused(lost, result);
        Faults.Refused += lost.Count;
        if (fetch is not null)
        {
            TakeUp(fetch, result);
        }

        if (operation.Has(OperationFlags.SentAgain))
        {
            // What it settled is refused now, what it reserved is returned once more.
            Faults.LostReplies++;
            var again = fetch is null ? null : fetch with { Lease = new Lease(fetch.Lease.Id, fetch.Lease.Duration) };
            var second = await workers[worker].ExchangeAsync(settlements, again, Token);
            AssertRefused([.. settlements.Select(s => s.Delivery)], second);
            Assert.True(IdsOf(result).SequenceEqual(IdsOf(second)), "I3: the second reply brings others");
            (result, fetch) = (second, again);
        }

        if (fetch is not null && operation.Has(OperationFlags.Unanswered))
        {
            Faults.Unanswered += result.Deliveries.Count > 0 ? 1 : 0;
            _unanswered[worker] = fetch.Lease;
        }
        else
        {
            _held.AddRange(result.Deliveries.Select(d => new Held(worker, d.Lease!, d)));
        }
    }

    /// <summary>As the core does after a fetch that failed: if the lease still holds anything, that is what it gets.</summary>
    private async Task AskAgainAsync(Operation operation, int worker)
    {
        if (_unanswered[worker] is not { } lost)
        {
            return;
        }

        _unanswered[worker] = null;
        var fetch = new FetchRequest(new Lease(lost.Id, ModelTime.Span(Math.Max(1, operation.Time))), Math.Max(1, operation.Count), TimeSpan.Zero);
        var held = Model.HeldBy(lost.Id).Order().ToArray();
        var result = await workers[worker].ExchangeAsync([], fetch, Token);
        if (held.Length == 0)
        {
            TakeUp(fetch, result);
        }
        else
        {
            Assert.True(held.SequenceEqual(IdsOf(result)), "I3: a lease returns other messages than it holds");
        }

        _held.AddRange(result.Deliveries.Select(d => new Held(worker, d.Lease!, d)));
    }

    private static IEnumerable<Guid> IdsOf(ExchangeResult result) => result.Deliveries.Select(d => d.Id).Order();

    private static void AssertRefused(List<Delivery> lost, ExchangeResult result) => Assert.True(
        lost.ToHashSet().SetEquals(result.Lost),
        $"I4: expected {lost.Count} settlements to be refused ({string.Join(' ', lost.Select(d => d.Id))}), were {string.Join(' ', result.Lost.Select(d => d.Id))}");

    private void TakeUp(FetchRequest fetch, ExchangeResult result)
    {
        var expected = Model.Fetchable(fetch, Now);
        Assert.True(expected == result.Deliveries.Count, $"expected {expected} deliveries, got {result.Deliveries.Count}");
        Faults.Limited += expected < Math.Min(fetch.Suspect ? 1 : fetch.Max, Model.Messages.Values.Count(m => m.IsFetchable(Now, fetch.Suspect))) ? 1 : 0;
        Assert.True(Model.IsPaused == result.Paused, $"paused: {result.Paused}");
        foreach (var delivery in result.Deliveries)
        {
            Model.Reserve(delivery, fetch, Now);
        }

        Faults.Deliveries += result.Deliveries.Count;
        if (!fetch.Suspect && Model.Messages.Values.Any(m => m.IsFetchable(Now, suspect: true)))
        {
            Assert.True(result.SuspectsWaiting, "a suspect waits, of which nothing is said");
        }
    }

    private (List<Settlement> Settlements, List<Delivery> Lost) Settle(Operation operation, int worker)
    {
        var settlements = new List<Settlement>();
        var lost = new List<Delivery>();
        var own = _held.Where(h => h.Worker == worker).ToList();
        for (var i = 0; i < Math.Min(operation.Count, own.Count); i++)
        {
            var held = own[(operation.Which + i) % own.Count];
            var settlement = new Settlement(
                held.Delivery, KindFor(held.Delivery, (SettlementKind)((operation.How + i) % 4)), ModelTime.Span(operation.Time), new Death("why", null, null, held.Delivery.Attempt));
            settlements.Add(settlement);
            if (!operation.Has(OperationFlags.Repeats))
            {
                _held.Remove(held);
            }

            if (Model.Holds(held.Delivery.Id, held.Lease.Id))
            {
                Model.Settle(settlement, Now);
            }
            else
            {
                lost.Add(held.Delivery);
            }
        }

        return (settlements, lost);
    }

    /// <summary>The core's rules: what fails too often, or has killed its process too often, dies.</summary>
    private static SettlementKind KindFor(Delivery delivery, SettlementKind kind)
    {
        var isOver = delivery.Crashes >= ModelSettings.CrashLimit || (kind == SettlementKind.Retry && delivery.Attempt >= ModelSettings.RetryLimit);
        return isOver ? SettlementKind.Dead : kind;
    }

    private async Task BeatAsync(Operation operation, int worker)
    {
        if (operation.Has(OperationFlags.Late))
        {
            await Advance(LateUnits);
        }

        var leases = _held.Where(h => h.Worker == worker).Select(h => h.Lease).Distinct().ToArray();
        var result = await workers[worker].BeatAsync(leases, Token);
        foreach (var (_, lease, delivery) in _held.Where(h => leases.Contains(h.Lease)))
        {
            Assert.True(result.Lost.Contains(delivery) != Model.HeldBy(lease.Id).Any(), $"I4: {delivery.Id} lost: {result.Lost.Contains(delivery)}");

            // A delivery that is settled already counts as cancelled too, when its message is held under another of the leases.
            var isCancelled = leases.Any(l => Model.Holds(delivery.Id, l.Id)) && Model.Messages[delivery.Id].IsCancelled && !result.Lost.Contains(delivery);
            Assert.True(isCancelled == result.Cancelled.Contains(delivery), $"{delivery.Id} cancelled: {!isCancelled}");
        }

        foreach (var lease in leases)
        {
            Model.Extend(lease, Now);
        }
    }
}

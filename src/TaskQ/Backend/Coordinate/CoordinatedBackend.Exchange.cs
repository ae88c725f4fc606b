namespace TaskQ.Backend.Coordinate;

/// <summary>
/// The exchange. 1. What died is kept by the companion; what was cancelled is not given back. 2. The store settles and
/// reserves. 3. The companion frees what has ended. 4. It starts what was reserved; what may not start goes back.
/// </summary>
/// <remarks>
/// A process that dies between 1 and 2, and a store that refuses what the companion took for held, leave a dead letter of a message
/// that comes again; it goes when the message is finished. One that dies between 2 and 3 leaves slots
/// until the lease runs out there, and names that last until their message ends for an hour more.
/// </remarks>
internal sealed partial class CoordinatedBackend
{
    private readonly Lock _lock = new();
    private List<EndedMessage> _unsent = [];

    public async ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        if (finished.Count == 0)
        {
            return fetch is null || cancellationToken.IsCancellationRequested
                ? ExchangeResult.Empty
                : await FetchAsync(fetch, cancellationToken).ConfigureAwait(false);
        }

        var lost = new List<Delivery>();
        List<Settlement> settled = await PrepareAsync(finished, lost).ConfigureAwait(false);
        FetchRequest? asked = fetch is null || cancellationToken.IsCancellationRequested
            ? null
            : fetch with { Wait = TimeSpan.Zero };
        StartResult? look = null;
        if (asked is not null && MustLook(asked))
        {
            look = await LookAsync(asked).ConfigureAwait(false);
            asked = Within(asked, look);
        }

        ExchangeResult result = await _store.ExchangeAsync(settled, asked, cancellationToken).ConfigureAwait(false);
        lost.AddRange(result.Lost);
        await EndAsync(settled, result.Lost).ConfigureAwait(false);
        result = fetch is null ? result : await StartAsync(fetch, result, look).ConfigureAwait(false);
        return lost.Count == result.Lost.Count ? result : result with { Lost = lost };
    }

    /// <summary>What the store is to settle. What is lost already is not among it.</summary>
    private async ValueTask<List<Settlement>> PrepareAsync(IReadOnlyList<Settlement> finished, List<Delivery> lost)
    {
        HashSet<Guid> cancelled = await FindCancelledAsync(finished).ConfigureAwait(false);
        var settled = new List<Settlement>(finished.Count);
        for (int i = 0; i < finished.Count; i++)
        {
            Settlement settlement = finished[i];
            Delivery delivery = settlement.Delivery;
            if (settlement.Kind == SettlementKind.Dead && !_own.DeadLetters)
            {
                Death death = settlement.Death ?? new Death(DeadReason.RetriesExhausted, null, null, delivery.Attempt);
                var dead = new DeadMessage(delivery.Id, delivery.Body, death, default);
                if (!await _coordinator.AddDeadAsync(delivery.Lease!.Id, dead, CancellationToken.None).ConfigureAwait(false))
                {
                    lost.Add(delivery);
                    continue;
                }

                settlement = new Settlement(delivery, SettlementKind.Complete);
            }
            else if (settlement.Kind is SettlementKind.Retry or SettlementKind.Release && cancelled.Contains(delivery.Id))
            {
                settlement = new Settlement(delivery, SettlementKind.Complete);
            }

            settled.Add(settlement);
        }

        return settled;
    }

    private async ValueTask<HashSet<Guid>> FindCancelledAsync(IReadOnlyList<Settlement> finished)
    {
        HashSet<Lease>? leases = null;
        for (int i = 0; i < finished.Count && !_own.Cancels; i++)
        {
            if (finished[i].Kind is SettlementKind.Retry or SettlementKind.Release)
            {
                (leases ??= []).Add(finished[i].Delivery.Lease!);
            }
        }

        return leases is null ? [] : [.. await _coordinator.BeatAsync([.. leases], CancellationToken.None).ConfigureAwait(false)];
    }

    /// <summary>Frees what the settled messages held.</summary>
    private async ValueTask EndAsync(List<Settlement> settled, IReadOnlyList<Delivery> lost)
    {
        HashSet<Delivery> refused = [.. lost];
        var ended = new List<EndedMessage>(settled.Count);
        foreach (Settlement settlement in settled)
        {
            bool isLost = refused.Contains(settlement.Delivery);
            bool isFinished = settlement.Kind is SettlementKind.Complete or SettlementKind.Dead && !isLost;
            TimeSpan? patience = isFinished || isLost || _own.Retention == TimeSpan.MaxValue ? null : PatienceWith(settlement.Delay);
            ended.Add(new EndedMessage(settlement.Delivery.Lease!.Id, settlement.Delivery.Id, isFinished, patience));
        }

        await SendEndedAsync(ended).ConfigureAwait(false);
    }

    /// <summary>Tells the companion what has ended, and what it could not be told before.</summary>
    /// <remarks>The store has settled it, so a failure here must not make the settlement fail: it is sent again with the next call.</remarks>
    private async ValueTask SendEndedAsync(List<EndedMessage> ended)
    {
        lock (_lock)
        {
            if (_unsent.Count > 0)
            {
                ended = [.. _unsent, .. ended];
                _unsent = [];
            }
        }

        if (ended.Count == 0)
        {
            return;
        }

        try
        {
            await _coordinator.EndAsync(ended, CancellationToken.None).ConfigureAwait(false);
            Wake();
        }
#pragma warning disable CA1031 // Whatever the companion's client throws.
        catch (Exception)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                _unsent.AddRange(ended);
            }
        }
    }

    /// <summary>Starts what was reserved, and gives back what may not start.</summary>
    private async ValueTask<ExchangeResult> StartAsync(FetchRequest fetch, ExchangeResult result, StartResult? look)
    {
        if (result.Deliveries.Count == 0)
        {
            return look is { Paused: true } ? result with { Paused = true } : result;
        }

        var ids = new Guid[result.Deliveries.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = result.Deliveries[i].StoreId;
        }

        StartResult started = await _coordinator.StartAsync(fetch.Lease, ids, CancellationToken.None).ConfigureAwait(false);
        NotePause(started.Paused);
        if (started.Places.Count > 0)
        {
            // A store may bring a message twice in one fetch.
            var places = new Dictionary<Guid, Guid>(started.Places.Count);
            foreach ((Guid storeId, Guid id) in started.Places)
            {
                places[storeId] = id;
            }

            fetch.Lease.Places = places;
        }

        if (started.Granted == ids.Length)
        {
            return result;
        }

        HashSet<Guid> replaced = [.. started.Replaced];
        HashSet<Guid> cancelled = [.. started.Cancelled];
        var kept = new List<Delivery>(started.Granted);
        var back = new List<Settlement>();
        var ended = new List<EndedMessage>();
        foreach (Delivery delivery in result.Deliveries)
        {
            if (replaced.Contains(delivery.StoreId))
            {
                // Its name and its slot are those of the message in its place.
                back.Add(new Settlement(delivery, SettlementKind.Complete));
            }
            else if (cancelled.Contains(delivery.StoreId))
            {
                back.Add(new Settlement(delivery, SettlementKind.Complete));
                ended.Add(new EndedMessage(fetch.Lease.Id, delivery.Id, true, null));
            }
            else if (kept.Count < started.Granted)
            {
                kept.Add(delivery);
            }
            else
            {
                back.Add(new Settlement(delivery, SettlementKind.Release));
            }
        }

        await _store.ExchangeAsync(back, null, CancellationToken.None).ConfigureAwait(false);
        await SendEndedAsync(ended).ConfigureAwait(false);
        fetch.Lease.Deliveries = kept;
        return result with { Deliveries = kept, Paused = result.Paused || started.Paused };
    }
}

namespace TaskQ.Backend.Coordinate;

/// <summary>Beats, and what operators do.</summary>
internal sealed partial class CoordinatedBackend
{
    public async ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        // Both go out before either is waited for: with a starved thread pool nobody would send the second.
        Task<BeatResult> store = _store.BeatAsync(leases, cancellationToken).AsTask();
        Task<IReadOnlyList<Guid>> companion = _coordinator.BeatAsync(leases, cancellationToken).AsTask();
        await Task.WhenAll(store, companion).ConfigureAwait(false);
        BeatResult result = await store.ConfigureAwait(false);
        IReadOnlyList<Guid> ids = await companion.ConfigureAwait(false);
        if (ids.Count == 0)
        {
            return result;
        }

        HashSet<Guid> cancelledIds = [.. ids];
        List<Delivery> cancelled = [.. result.Cancelled];
        HashSet<Delivery> lost = [.. result.Lost];
        foreach (Lease lease in leases)
        {
            foreach (Delivery delivery in lease.Deliveries)
            {
                if (cancelledIds.Contains(delivery.Id) && !lost.Contains(delivery))
                {
                    cancelled.Add(delivery);
                }
            }
        }

        return result with { Cancelled = cancelled };
    }

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => _own.Cancels
        ? _store.CancelAsync(id, cancellationToken)
        : _coordinator.CancelAsync(id, cancellationToken);

    public async ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        if (BuriesHere && await GetDeadAsync(id, cancellationToken).ConfigureAwait(false) is { } dead)
        {
            return Show(dead);
        }

        RequireLookup("found");
        return await _store.GetAsync(id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken)
    {
        if (_own.DeadLetters)
        {
            RequireLookup("listed");
            return await _store.ListAsync(filter, max, cancellationToken).ConfigureAwait(false);
        }

        var found = new List<StoredMessage>();
        if (filter.State != MessageState.Dead)
        {
            RequireLookup("listed, other than dead letters");
            found.AddRange(await _store.ListAsync(filter, max, cancellationToken).ConfigureAwait(false));
        }

        if (filter.State is null or MessageState.Dead && found.Count < max)
        {
            await ListDeadAsync(filter, max, found, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        RequireLookup("moved to another time");
        return _store.RescheduleAsync(id, dueAt, cancellationToken);
    }

    public async ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken)
    {
        if (_own.Pauses)
        {
            await _store.SetPausedAsync(paused, cancellationToken).ConfigureAwait(false);
            return;
        }

        await _coordinator.SetPausedAsync(paused, cancellationToken).ConfigureAwait(false);
        Wake();
    }

    /// <summary>Ready, delayed and in flight as the store counts them; a message that was cancelled counts until its time comes.</summary>
    public async ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        QueueCounts counts = await _store.CountAsync(cancellationToken).ConfigureAwait(false);
        return !BuriesHere
            ? counts
            : counts with { Dead = counts.Dead + await _coordinator.CountDeadAsync(cancellationToken).ConfigureAwait(false) };
    }

    /// <summary>The messages go first: a process that dies in between leaves names taken, not free ones for messages that are there.</summary>
    public async ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        await _store.PurgeAsync(cancellationToken).ConfigureAwait(false);
        await _coordinator.PurgeAsync(cancellationToken).ConfigureAwait(false);
        Wake();
    }

    private void RequireLookup(string what)
    {
        if (!_own.Lookup)
        {
            throw new NotSupportedException(
                $"Single messages of queue '{_name}' can't be {what}: its store ({_own.System}) has no way to do so, and a companion store holds dead letters only.");
        }
    }
}

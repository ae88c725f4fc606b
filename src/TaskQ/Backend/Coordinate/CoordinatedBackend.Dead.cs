using TaskQ.Add.Encode;

namespace TaskQ.Backend.Coordinate;

/// <summary>
/// Dead letters. One that is requeued is stored before it is deleted; by then it may have died again, which is another letter. A store that redrives has some of its own: they come after those
/// of the companion.
/// </summary>
internal sealed partial class CoordinatedBackend
{
    /// <summary>How many are moved or looked through at once.</summary>
    private const int DeadPage = 100;

    /// <summary>Whether the companion keeps the dead letters.</summary>
    private bool BuriesHere => !_own.DeadLetters;

    /// <summary>Whether the store has dead letters.</summary>
    private bool StoreBuries => _own.DeadLetters || _own.Redrives;

    public async ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        IReadOnlyList<DeadMessage> letters = BuriesHere ? await _coordinator.PeekDeadAsync(max, cancellationToken).ConfigureAwait(false) : [];
        return StoreBuries && letters.Count < max
            ? [.. letters, .. await _store.PeekDeadAsync(max - letters.Count, cancellationToken).ConfigureAwait(false)]
            : letters;
    }

    public async ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        DeadMessage? letter = BuriesHere ? await _coordinator.GetDeadAsync(id, cancellationToken).ConfigureAwait(false) : null;
        return letter is null && StoreBuries ? await _store.GetDeadAsync(id, cancellationToken).ConfigureAwait(false) : letter;
    }

    public async ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        int requeued = 0;
        while (BuriesHere && requeued < max)
        {
            int count = Math.Min(Math.Min(DeadPage, _own.MaxAddBatch), max - requeued);
            IReadOnlyList<DeadMessage> page = await _coordinator.PeekDeadAsync(count, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                break;
            }

            Guid[] storeIds = await _coordinator.FindStoreIdsAsync([.. page.Select(static dead => dead.Id)], cancellationToken).ConfigureAwait(false);
            NewMessage[] messages = [.. page.Zip(storeIds, Revive)];
            await _store.AddRangeAsync(messages, cancellationToken).ConfigureAwait(false);
            foreach (DeadMessage dead in page)
            {
                await _coordinator.DeleteDeadAsync(dead.Id, dead.DiedAt, CancellationToken.None).ConfigureAwait(false);
            }

            requeued += page.Count;
        }

        return StoreBuries && requeued < max
            ? requeued + await _store.RequeueDeadAsync(max - requeued, cancellationToken).ConfigureAwait(false)
            : requeued;
    }

    public async ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        if (BuriesHere && await _coordinator.GetDeadAsync(id, cancellationToken).ConfigureAwait(false) is { } dead)
        {
            Guid[] storeIds = await _coordinator.FindStoreIdsAsync([id], cancellationToken).ConfigureAwait(false);
            await _store.AddAsync(Revive(dead, storeIds[0]), cancellationToken).ConfigureAwait(false);
            await _coordinator.DeleteDeadAsync(id, dead.DiedAt, CancellationToken.None).ConfigureAwait(false);
            return true;
        }

        return StoreBuries && await _store.RequeueDeadAsync(id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) =>
        (BuriesHere && await _coordinator.DeleteDeadAsync(id, diedAt: null, cancellationToken).ConfigureAwait(false))
        || (StoreBuries && await _store.DeleteDeadAsync(id, cancellationToken).ConfigureAwait(false));

    public async ValueTask PurgeDeadAsync(CancellationToken cancellationToken)
    {
        if (BuriesHere)
        {
            await _coordinator.PurgeDeadAsync(cancellationToken).ConfigureAwait(false);
        }

        if (StoreBuries)
        {
            await _store.PurgeDeadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static StoredMessage Show(DeadMessage dead) =>
        new(dead.Id, dead.Body, MessageState.Dead, dead.Death.Attempts, dead.DiedAt);

    private async ValueTask ListDeadAsync(MessageFilter filter, int max, List<StoredMessage> found, CancellationToken cancellationToken)
    {
        bool takesAll = filter is { TaskName: null, MinAge: null };
        DateTimeOffset newest = filter.MinAge is { } age ? _time.GetUtcNow() - age : DateTimeOffset.MaxValue;
        IReadOnlyList<DeadMessage> letters = await
            PeekDeadAsync(takesAll ? max - found.Count : int.MaxValue, cancellationToken).ConfigureAwait(false);
        foreach (DeadMessage dead in letters)
        {
            (string task, DateTimeOffset added) = takesAll ? default : Describe(dead.Body);
            if (found.Count < max && (takesAll || ((filter.TaskName is null || filter.TaskName == task) && added <= newest)))
            {
                found.Add(Show(dead));
            }
        }
    }

    /// <summary>The message of a dead letter, to be stored again: it takes no name, which may be another's by now.</summary>
    private NewMessage Revive(DeadMessage dead, Guid storeId)
    {
        (string task, DateTimeOffset added) = Describe(dead.Body);
        return new NewMessage(storeId, dead.Body, task, added, TimeSpan.Zero, null, null) { IsRepeated = true, DiedAt = dead.DiedAt };
    }

    /// <summary>What filters need of a message; one that can't be decoded has no task.</summary>
    private (string Task, DateTimeOffset EnqueuedAt) Describe(MessageBody body)
    {
        try
        {
            TaskMessage message = body.Message ?? _codec.Decode(body.Frame);
            return (message.TaskName, message.EnqueuedAt);
        }
        catch (Exception error) when (error is PayloadException or UnknownFrameVersionException)
        {
            return ("", default);
        }
    }
}

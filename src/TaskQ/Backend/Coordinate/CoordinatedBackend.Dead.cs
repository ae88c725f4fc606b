using TaskQ.Add.Encode;

namespace TaskQ.Backend.Coordinate;

/// <summary>Dead letters. One that is requeued is stored before it is deleted.</summary>
internal sealed partial class CoordinatedBackend
{
    /// <summary>How many are moved or looked through at once.</summary>
    private const int DeadPage = 100;

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) => _own.DeadLetters
        ? _store.PeekDeadAsync(max, cancellationToken)
        : _coordinator.PeekDeadAsync(max, cancellationToken);

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => _own.DeadLetters
        ? _store.GetDeadAsync(id, cancellationToken)
        : _coordinator.GetDeadAsync(id, cancellationToken);

    public async ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        if (_own.DeadLetters)
        {
            return await _store.RequeueDeadAsync(max, cancellationToken).ConfigureAwait(false);
        }

        int requeued = 0;
        while (requeued < max)
        {
            int count = Math.Min(Math.Min(DeadPage, _own.MaxAddBatch), max - requeued);
            IReadOnlyList<DeadMessage> page = await _coordinator.PeekDeadAsync(count, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                break;
            }

            NewMessage[] messages = [.. page.Select(Revive)];
            await _store.AddRangeAsync(messages, cancellationToken).ConfigureAwait(false);
            foreach (DeadMessage dead in page)
            {
                await _coordinator.DeleteDeadAsync(dead.Id, CancellationToken.None).ConfigureAwait(false);
            }

            requeued += page.Count;
        }

        return requeued;
    }

    public async ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        if (_own.DeadLetters)
        {
            return await _store.RequeueDeadAsync(id, cancellationToken).ConfigureAwait(false);
        }

        if (await _coordinator.GetDeadAsync(id, cancellationToken).ConfigureAwait(false) is not { } dead)
        {
            return false;
        }

        await _store.AddAsync(Revive(dead), cancellationToken).ConfigureAwait(false);
        await _coordinator.DeleteDeadAsync(id, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => _own.DeadLetters
        ? _store.DeleteDeadAsync(id, cancellationToken)
        : _coordinator.DeleteDeadAsync(id, cancellationToken);

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => _own.DeadLetters
        ? _store.PurgeDeadAsync(cancellationToken)
        : _coordinator.PurgeDeadAsync(cancellationToken);

    private static StoredMessage Show(DeadMessage dead) =>
        new(dead.Id, dead.Body, MessageState.Dead, dead.Death.Attempts, dead.DiedAt);

    private async ValueTask ListDeadAsync(MessageFilter filter, int max, List<StoredMessage> found, CancellationToken cancellationToken)
    {
        bool takesAll = filter is { TaskName: null, MinAge: null };
        DateTimeOffset newest = filter.MinAge is { } age ? _time.GetUtcNow() - age : DateTimeOffset.MaxValue;
        IReadOnlyList<DeadMessage> letters = await _coordinator
            .PeekDeadAsync(takesAll ? max - found.Count : int.MaxValue, cancellationToken).ConfigureAwait(false);
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
    private NewMessage Revive(DeadMessage dead)
    {
        (string task, DateTimeOffset added) = Describe(dead.Body);
        return new NewMessage(dead.Id, dead.Body, task, added, TimeSpan.Zero, null, null) { IsRepeated = true };
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

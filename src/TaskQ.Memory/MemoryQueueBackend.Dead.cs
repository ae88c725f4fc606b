using TaskQ.Backend;
using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>Dead letters. What is too old is swept when somebody looks and when a message dies.</summary>
internal sealed partial class MemoryQueueBackend
{
    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            SweepDead();
            DeadMessage[] found = [.. _dead.Entries.Take(max).Select(ToDeadMessage)];
            return ValueTask.FromResult<IReadOnlyList<DeadMessage>>(found);
        }
    }

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            SweepDead();
            return ValueTask.FromResult(_dead.Find(id) is { } buried ? ToDeadMessage(buried) : null);
        }
    }

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            SweepDead();
            int count = 0;
            while (count < max && _dead.TakeOldest() is { } buried)
            {
                Revive(buried);
                count++;
            }

            Wake();
            return ValueTask.FromResult(count);
        }
    }

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            SweepDead();
            if (_dead.Take(id) is not { } buried)
            {
                return ValueTask.FromResult(false);
            }

            Revive(buried);
            Wake();
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            SweepDead();
            return ValueTask.FromResult(_dead.Take(id) is not null);
        }
    }

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ThrowIfDisposed();
            _dead.Clear();
            return default;
        }
    }

    private static DeadMessage ToDeadMessage(BuriedEntry buried) =>
        new(buried.Entry.Id, buried.Entry.Body, buried.Death, Ticks.ToTime(buried.DiedTicks));

    private void SweepDead()
    {
        ThrowIfDisposed();
        _dead.Sweep(UtcNow());
    }

    private void Bury(Entry entry, Death? death)
    {
        Finish(entry);
        death ??= new Death(DeadReason.RetriesExhausted, null, null, entry.Attempt);
        _dead.Add(entry, death, UtcNow());
    }

    /// <summary>Makes a dead letter ready again, counted anew. It does not take its name again, which may be another's by now.</summary>
    private void Revive(BuriedEntry buried)
    {
        Entry entry = buried.Entry.Again(attempt: 1, crashes: 0);
        (entry as DetailedEntry)?.SetName(null);
        entry.DueTicks = UtcNow();
        MakeReady(entry);
    }
}

using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>Dead letters in the order of their death, bounded by age and by count.</summary>
internal sealed partial class MemoryCoordinator
{
    private readonly TimeSpan _retention;
    private readonly int _maxDead;
    private readonly LinkedList<(DeadMessage Message, Guid Lease)> _dead = [];
    private readonly Dictionary<Guid, LinkedListNode<(DeadMessage Message, Guid Lease)>> _deadById = [];

    public ValueTask<bool> AddDeadAsync(Guid leaseId, DeadMessage message, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Reap();
            if (!_flights.TryGetValue(message.Id, out Guid holder) || holder != leaseId)
            {
                return ValueTask.FromResult(false);
            }

            SweepDead();
            DateTimeOffset diedAt = _time.GetUtcNow();
            if (_deadById.TryGetValue(message.Id, out var earlier))
            {
                if (earlier.Value.Lease == leaseId)
                {
                    // The answer to the first call was lost.
                    return ValueTask.FromResult(true);
                }

                // Its time tells one from the other.
                diedAt = diedAt > earlier.Value.Message.DiedAt ? diedAt : earlier.Value.Message.DiedAt.AddTicks(1);
                TakeDead(message.Id);
            }

            if (_dead.Count >= _maxDead)
            {
                TakeDead(_dead.First!.Value.Message.Id);
            }

            _deadById[message.Id] = _dead.AddLast((message with { DiedAt = diedAt }, leaseId));
            return ValueTask.FromResult(true);
        }
    }

    public ValueTask<bool> DeleteDeadAsync(Guid id, DateTimeOffset? diedAt, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            SweepDead();
            bool isThere = _deadById.TryGetValue(id, out var node) && (diedAt is null || node.Value.Message.DiedAt == diedAt);
            return ValueTask.FromResult(isThere && TakeDead(id));
        }
    }

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            SweepDead();
            return ValueTask.FromResult(_deadById.TryGetValue(id, out var node) ? node.Value.Message : null);
        }
    }

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            SweepDead();
            DeadMessage[] oldest = [.. _dead.Take(max).Select(static letter => letter.Message)];
            return ValueTask.FromResult<IReadOnlyList<DeadMessage>>(oldest);
        }
    }

    public ValueTask<long> CountDeadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            SweepDead();
            return ValueTask.FromResult<long>(_dead.Count);
        }
    }

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _dead.Clear();
            _deadById.Clear();
            return default;
        }
    }

    private bool TakeDead(Guid id)
    {
        if (!_deadById.Remove(id, out var node))
        {
            return false;
        }

        _dead.Remove(node);
        return true;
    }

    private void ForgetGhost(EndedMessage message)
    {
        if (_deadById.TryGetValue(message.Id, out var node) && node.Value.Lease != message.LeaseId)
        {
            TakeDead(message.Id);
        }
    }

    private void SweepDead()
    {
        long now = UtcNow();
        while (_dead.First is { } first && Ticks.Add(first.Value.Message.DiedAt.UtcTicks, _retention.Ticks) <= now)
        {
            TakeDead(first.Value.Message.Id);
        }
    }
}

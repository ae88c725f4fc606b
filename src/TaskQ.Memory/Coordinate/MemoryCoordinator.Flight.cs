using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>What is in flight: started within the limits, kept by beats, ended by its holder or by time.</summary>
internal sealed partial class MemoryCoordinator
{
    private readonly int _workerLimit;
    private readonly RateGate? _rate;

    /// <summary>The lease that each message is in flight under.</summary>
    private readonly Dictionary<Guid, Guid> _flights = [];

    /// <summary>When each lease runs out, by the monotonic clock.</summary>
    private readonly Dictionary<Guid, long> _leases = [];

    public ValueTask<StartResult> StartAsync(Lease lease, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Reap();
            long now = Now();
            var places = new List<KeyValuePair<Guid, Guid>>();
            var replaced = new List<Guid>();
            List<Guid>? cancelled = null;
            int granted = 0;
            bool goesOn = true;
            foreach (Guid storeId in ids)
            {
                Guid id = IdOf(storeId, out Place? place);
                bool isNext = place?.IsNext(storeId, now) == true;
                if ((place is not null && place.Current != storeId && !isNext) || (isNext && IsCancelled(id)))
                {
                    replaced.Add(storeId);
                    continue;
                }

                if (id != storeId)
                {
                    places.Add(new KeyValuePair<Guid, Guid>(storeId, id));
                }

                if (IsCancelled(id))
                {
                    (cancelled ??= []).Add(storeId);
                    place?.Start(storeId);
                }
                else if (goesOn && (goesOn = TryStart(id, lease, now)))
                {
                    granted++;
                    place?.Start(storeId);
                }
            }

            if (granted > 0)
            {
                _leases[lease.Id] = Ticks.Add(now, lease.Duration.Ticks);
            }

            return ValueTask.FromResult(new StartResult
            {
                Granted = granted,
                Free = Free(now),
                Paused = _paused,
                Cancelled = cancelled is null ? [] : cancelled,
                Replaced = replaced,
                Places = places,
                RetryAfter = RetryAfter(now),
            });
        }
    }

    public ValueTask EndAsync(IReadOnlyList<EndedMessage> ended, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (EndedMessage message in ended)
            {
                bool isHeld = _flights.TryGetValue(message.Id, out Guid lease);
                bool isHolder = isHeld && lease == message.LeaseId;
                if (isHolder)
                {
                    _flights.Remove(message.Id);
                }

                if (message.IsFinished)
                {
                    FreeName(message.Id);
                    _cancelled.Remove(message.Id);
                    if (isHolder)
                    {
                        ForgetGhost(message);
                    }
                }
                else if (message.Patience is { } patience && (!isHeld || isHolder))
                {
                    EndUniqueAt(message.Id, Ticks.Add(UtcNow(), patience.Ticks));
                }
            }

            return default;
        }
    }

    public ValueTask<IReadOnlyList<Guid>> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Reap();
            foreach (Lease lease in leases)
            {
                if (_leases.ContainsKey(lease.Id))
                {
                    _leases[lease.Id] = Ticks.Add(Now(), lease.Duration.Ticks);
                }
            }

            HashSet<Guid> beating = [.. leases.Select(static lease => lease.Id)];
            Guid[] cancelled = [.. _cancelled.Keys.Where(id => _flights.TryGetValue(id, out Guid lease) && beating.Contains(lease))];
            return ValueTask.FromResult<IReadOnlyList<Guid>>(cancelled);
        }
    }

    private bool TryStart(Guid id, Lease lease, long now)
    {
        bool isHeld = _flights.TryGetValue(id, out Guid holder);
        if (isHeld && holder == lease.Id)
        {
            // The answer to the first call was lost.
            return true;
        }

        if (_paused || (!isHeld && _flights.Count >= _workerLimit) || _rate?.Available(now) == 0)
        {
            return false;
        }

        _rate?.Take(1, now);
        _flights[id] = lease.Id;
        StartName(id);
        return true;
    }

    private int Free(long now) => _paused
        ? 0
        : Math.Max(0, Math.Min(_workerLimit - _flights.Count, _rate?.Available(now) ?? int.MaxValue));

    private TimeSpan? RetryAfter(long now)
    {
        if (_paused || Free(now) > 0)
        {
            return null;
        }

        long at = _flights.Count < _workerLimit ? _rate!.NextPermit() : _leases.Values.DefaultIfEmpty(long.MaxValue).Min();
        return at == long.MaxValue ? null : TimeSpan.FromTicks(Math.Max(0, at - now));
    }

    /// <summary>Ends leases that ran out.</summary>
    private void Reap()
    {
        long now = Now();
        HashSet<Guid> over = [.. _leases.Where(lease => lease.Value <= now).Select(static lease => lease.Key)];
        if (over.Count == 0)
        {
            return;
        }

        long end = Ticks.Add(UtcNow(), Grace.Ticks);
        foreach ((Guid id, Guid lease) in _flights)
        {
            if (over.Contains(lease))
            {
                // Removing during the enumeration is allowed by Dictionary.
                _flights.Remove(id);
                EndUniqueAt(id, end);
            }
        }

        foreach (Guid lease in over)
        {
            _leases.Remove(lease);
        }
    }
}

namespace TaskQ.Conformance.Harness;

/// <summary>What a store should hold: the simplest thing that keeps the contract, to compare a backend with.</summary>
public sealed class StoreModel
{
    private readonly Dictionary<Guid, Entry> _entries = [];

    public enum Place
    {
        Waiting,
        Held,
        Dead,
    }

    public IEnumerable<Guid> Ids => _entries.Keys;

    public QueueCounts CountAt(DateTimeOffset now)
    {
        Expire(now);
        return new QueueCounts(
            _entries.Values.Count(e => e.Place == Place.Waiting && e.DueAt <= now),
            _entries.Values.Count(e => e.Place == Place.Waiting && e.DueAt > now),
            _entries.Values.Count(e => e.Place == Place.Held),
            _entries.Values.Count(e => e.Place == Place.Dead));
    }

    public void Add(Guid id, DateTimeOffset dueAt) => _entries[id] = new Entry { DueAt = dueAt };

    public int Fetchable(DateTimeOffset now, bool suspect)
    {
        Expire(now);
        return _entries.Values.Count(e => e.Place == Place.Waiting && e.DueAt <= now && e.Crashes >= 2 == suspect);
    }

    /// <summary>Takes a message; returns the attempt and crashes that its delivery must show, null when it must not be delivered.</summary>
    public (int Attempt, int Crashes)? Take(Guid id, DateTimeOffset now, Guid lease, DateTimeOffset until, bool suspect)
    {
        if (!_entries.TryGetValue(id, out var e) || e.Place != Place.Waiting || e.DueAt > now || e.Crashes >= 2 != suspect)
        {
            return null;
        }

        (e.Place, e.Lease, e.Until) = (Place.Held, lease, until);
        return (e.Failures + e.Crashes + 1, e.Crashes);
    }

    public bool Holds(Guid id, Guid lease, DateTimeOffset now)
    {
        Expire(now);
        return _entries.TryGetValue(id, out var e) && e.Place == Place.Held && e.Lease == lease;
    }

    public bool IsCancelled(Guid id) => _entries.TryGetValue(id, out var e) && e.Cancelled;

    public void Extend(Guid lease, DateTimeOffset now, TimeSpan duration)
    {
        Expire(now);
        foreach (var e in _entries.Values.Where(e => e.Place == Place.Held && e.Lease == lease))
        {
            e.Until = now + duration;
        }
    }

    public void Remove(Guid id) => _entries.Remove(id);

    public void Bury(Guid id) => _entries[id].Place = Place.Dead;

    public void GiveBack(Guid id, DateTimeOffset dueAt, bool failed)
    {
        var e = _entries[id];
        if (e.Cancelled)
        {
            _entries.Remove(id);
            return;
        }

        (e.Place, e.DueAt) = (Place.Waiting, dueAt);
        e.Failures += failed ? 1 : 0;
    }

    public bool Cancel(Guid id, DateTimeOffset now)
    {
        Expire(now);
        if (!_entries.TryGetValue(id, out var e) || e.Place == Place.Dead)
        {
            return false;
        }

        if (e.Place == Place.Held)
        {
            e.Cancelled = true;
        }
        else
        {
            _entries.Remove(id);
        }

        return true;
    }

    public bool Reschedule(Guid id, DateTimeOffset now, DateTimeOffset dueAt)
    {
        Expire(now);
        if (!_entries.TryGetValue(id, out var e) || e.Place != Place.Waiting)
        {
            return false;
        }

        e.DueAt = dueAt;
        return true;
    }

    public bool Revive(Guid id, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(id, out var e) || e.Place != Place.Dead)
        {
            return false;
        }

        _entries[id] = new Entry { DueAt = now };
        return true;
    }

    public void Purge()
    {
        foreach (var id in _entries.Where(e => e.Value.Place != Place.Dead).Select(e => e.Key).ToArray())
        {
            _entries.Remove(id);
        }
    }

    private void Expire(DateTimeOffset now)
    {
        foreach (var (id, e) in _entries.Where(e => e.Value.Place == Place.Held && e.Value.Until <= now).ToArray())
        {
            if (e.Cancelled)
            {
                _entries.Remove(id);
                continue;
            }

            (e.Place, e.DueAt) = (Place.Waiting, e.Until);
            e.Crashes++;
        }
    }

    private sealed class Entry
    {
        public Place Place { get; set; }

        public DateTimeOffset DueAt { get; set; }

        public DateTimeOffset Until { get; set; }

        public Guid Lease { get; set; }

        public int Failures { get; set; }

        public int Crashes { get; set; }

        public bool Cancelled { get; set; }
    }
}

using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>What is replaced by messages with ids of their own. It is remembered as long as the process lives.</summary>
internal sealed partial class MemoryCoordinator
{
    private readonly Dictionary<Guid, Place> _places = [];

    /// <summary>By the ids in the store those of the messages.</summary>
    private readonly Dictionary<Guid, Guid> _ids = [];

    public ValueTask<Replacing> BeginReplaceAsync(
        Guid holder, NameClaim claim, TimeSpan patience, TimeSpan retention, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            Reap();
            long now = Now();
            NameSlot? slot = _names.Find(claim.Name.Key, UtcNow());
            Place? place = _places.GetValueOrDefault(holder);
            if (Decide(holder, claim.Id, slot, place) is { } decided)
            {
                return ValueTask.FromResult(decided);
            }

            if (slot?.Id != holder || (place is not null && place.NextUntil > now && place.Next != claim.Id))
            {
                return ValueTask.FromResult(Replacing.Again);
            }

            _places[holder] = place ??= new Place(holder);
            (place.Next, place.NextUntil) = (claim.Id, Ticks.Add(now, patience.Ticks));
            _ids[claim.Id] = holder;
            return ValueTask.FromResult(Replacing.Open);
        }
    }

    public ValueTask<Replacing> EndReplaceAsync(
        Guid holder, NameClaim claim, bool isStored, TimeSpan retention, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Reap();
            long now = Now();
            NameSlot? slot = _names.Find(claim.Name.Key, UtcNow());
            Place? place = _places.GetValueOrDefault(holder);
            if (Decide(holder, claim.Id, slot, place) is { } decided)
            {
                return ValueTask.FromResult(decided);
            }

            if (place is null || !place.IsNext(claim.Id, now))
            {
                return ValueTask.FromResult(Replacing.Again);
            }

            place.NextUntil = 0;
            if (!isStored)
            {
                return ValueTask.FromResult(Replacing.Late);
            }

            place.Current = claim.Id;
            if (slot?.Id == holder)
            {
                _names.Extend(slot, claim.Name.Window, UtcNow());
            }

            return ValueTask.FromResult(Replacing.Done);
        }
    }

    public ValueTask<Guid[]> FindStoreIdsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<Guid[]>([.. ids.Select(id => _places.GetValueOrDefault(id)?.Current ?? id)]);
        }
    }

    /// <summary>What has become of a replacement already, null when that is open.</summary>
    private Replacing? Decide(Guid holder, Guid other, NameSlot? slot, Place? place)
    {
        if (place?.Current == other)
        {
            return Replacing.Done;
        }

        bool isLate = place?.HasStarted == true || _flights.ContainsKey(holder) || IsCancelled(holder) || (slot?.Id == holder && slot.HasStarted);
        return isLate ? Replacing.Late : null;
    }

    /// <summary>The id that a message in the store goes by.</summary>
    private Guid IdOf(Guid storeId, out Place? place)
    {
        Guid id = _ids.GetValueOrDefault(storeId, storeId);
        place = _places.GetValueOrDefault(id);
        return id;
    }
}

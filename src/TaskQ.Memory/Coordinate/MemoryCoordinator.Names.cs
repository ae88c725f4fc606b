using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>Names: taken, confirmed, freed.</summary>
internal sealed partial class MemoryCoordinator
{
    /// <summary>How long a name that lasts until its message ends is kept after the message's lease ran out.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly NameTable _names;

    /// <summary>The names that last until their messages end, by the ids of those.</summary>
    private readonly Dictionary<Guid, NameSlot> _unique = [];

    public ValueTask<NameHolder[]> TakeNamesAsync(
        IReadOnlyList<NameClaim> claims,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var holders = new NameHolder[claims.Count];
        lock (_lock)
        {
            Reap();
            long now = UtcNow();
            for (int i = 0; i < holders.Length; i++)
            {
                NameClaim claim = claims[i];
                NameSlot slot = _names.Find(claim.Name.Key, now)
                    ?? _names.Take(claim.Name with { Window = patience }, claim.Id, now);
                holders[i] = new NameHolder(slot.Id, slot.IsConfirmed);
            }
        }

        return ValueTask.FromResult(holders);
    }

    public ValueTask SettleNamesAsync(IReadOnlyList<NameClaim> claims, bool isStored, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            long now = UtcNow();
            foreach (NameClaim claim in claims)
            {
                NameSlot? slot = _names.Find(claim.Name.Key, now);
                if (isStored && (slot is null || slot.Id == claim.Id))
                {
                    Confirm(claim, slot ?? _names.Take(claim.Name, claim.Id, now), now);
                }
                else if (!isStored && slot is { IsConfirmed: false } && slot.Id == claim.Id)
                {
                    _names.Free(slot);
                }
            }

            return default;
        }
    }

    private void Confirm(NameClaim claim, NameSlot slot, long now)
    {
        slot.IsConfirmed = true;
        _names.EndAt(slot, Ticks.Add(now, claim.Name.Window.Ticks));
        if (claim.Name.UntilFinished)
        {
            _unique[claim.Id] = slot;
        }
    }

    private void FreeUnique(Guid id)
    {
        if (_unique.Remove(id, out NameSlot? slot))
        {
            _names.Free(slot);
        }
    }

    /// <summary>Sets the end of the name that lasts until a message ends.</summary>
    private void EndUniqueAt(Guid id, long utcTicks)
    {
        if (_unique.TryGetValue(id, out NameSlot? slot) && slot.HeapIndex >= 0)
        {
            _names.EndAt(slot, utcTicks);
        }
    }
}

using TaskQ.Backend.Coordinate;
using TaskQ.Memory.Store;

namespace TaskQ.Memory.Coordinate;

/// <summary>Names: taken, confirmed, freed.</summary>
internal sealed partial class MemoryCoordinator
{
    /// <summary>How long a name that lasts until its message ends is kept after the message's lease ran out.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly NameTable _names;

    /// <summary>The names by the ids of the messages that hold them, until those end.</summary>
    private readonly Dictionary<Guid, NameSlot> _held = [];

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
                NameSlot slot = _names.Find(claim.Name.Key, now) ?? Take(claim, patience, now);
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
                    Confirm(claim, slot, now);
                }
                else if (!isStored && slot is { IsConfirmed: false } && slot.Id == claim.Id)
                {
                    _names.Free(slot);
                    _held.Remove(claim.Id);
                }
            }

            return default;
        }
    }

    private NameSlot Take(NameClaim claim, TimeSpan window, long now)
    {
        NameSlot slot = _names.Take(claim.Name with { Window = window }, claim.Id, now);
        if (!claim.IsOfId)
        {
            _held[claim.Id] = slot;
        }

        return slot;
    }

    private void Confirm(NameClaim claim, NameSlot? slot, long now)
    {
        // A message may start, and even end, before it is known to be stored.
        if (slot is null && _held.TryGetValue(claim.Id, out NameSlot? old) && old is { UntilFinished: true, HasEnded: true })
        {
            _held.Remove(claim.Id);
            return;
        }

        slot ??= Take(claim, claim.Name.Window, now);
        slot.IsConfirmed = true;
        if (!slot.HasStarted || !slot.UntilFinished)
        {
            _names.EndAt(slot, Ticks.Add(now, claim.Name.Window.Ticks));
        }

        if (slot.HasEnded)
        {
            _held.Remove(claim.Id);
        }
    }

    private void StartName(Guid id)
    {
        if (_held.TryGetValue(id, out NameSlot? slot))
        {
            slot.HasStarted = true;
            EndUniqueAt(id, Ticks.Max);
        }
    }

    /// <summary>A message ends: the name that lasts until then is free.</summary>
    private void FreeName(Guid id)
    {
        if (!_held.TryGetValue(id, out NameSlot? slot))
        {
            return;
        }

        slot.HasStarted = slot.HasEnded = true;
        if (slot.UntilFinished)
        {
            _names.Free(slot);
        }

        if (slot.IsConfirmed)
        {
            _held.Remove(id);
        }
    }

    /// <summary>Sets the end of the name that lasts until a message ends.</summary>
    private void EndUniqueAt(Guid id, long utcTicks)
    {
        if (_held.TryGetValue(id, out NameSlot? slot) && slot.UntilFinished && slot.HeapIndex >= 0)
        {
            _names.EndAt(slot, utcTicks);
        }
    }
}

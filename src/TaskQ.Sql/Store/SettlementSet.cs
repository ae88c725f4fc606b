using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>What one transaction settles, by lease and kind: one statement for each.</summary>
internal sealed class SettlementSet
{
    private readonly List<SettlementGroup> _groups = [];
    private readonly List<Delivery> _foreign = [];

    public SettlementSet(IReadOnlyList<Settlement> finished)
    {
        for (int i = 0; i < finished.Count; i++)
        {
            Settlement settlement = finished[i];
            if (settlement.Delivery is SqlDelivery { Lease.State: HeldLease held } delivery)
            {
                GroupFor(held, settlement.Kind).Add(delivery, settlement);
            }
            else
            {
                _foreign.Add(settlement.Delivery);
            }
        }
    }

    public IReadOnlyList<SettlementGroup> Groups => _groups;

    /// <summary>The leases of its messages, always in the same order: two transactions then don't wait for each other.</summary>
    public IEnumerable<HeldLease> Leases => _groups.Select(static group => group.Lease).Distinct().OrderBy(static lease => Convert.ToHexString(lease.Id), StringComparer.Ordinal);

    /// <summary>Whether all are complete, or there are none.</summary>
    public bool IsAllComplete => _groups.TrueForAll(static group => group.Kind == SettlementKind.Complete);

    /// <summary>Whether some come back that keep their due times.</summary>
    public bool GivesBack => _groups.Exists(static group => group.Kind == SettlementKind.Release);

    /// <summary>Whether a fetch that found the worker limit reached may find a slot now.</summary>
    public bool FreesSlots => _groups.Count > 0;

    /// <summary>How many messages it settles.</summary>
    public int Count => _groups.Sum(static group => group.Count);

    /// <summary>In how long the first of those that come back is due; null when none does.</summary>
    public TimeSpan? NextReturn
    {
        get
        {
            TimeSpan? next = null;
            foreach (SettlementGroup group in _groups)
            {
                if (group.Kind is SettlementKind.Retry or SettlementKind.Release)
                {
                    foreach (Settlement settlement in group.Settlements)
                    {
                        next = next < settlement.Delay ? next : settlement.Delay;
                    }
                }
            }

            return next;
        }
    }

    /// <summary>Those that were refused by the last try.</summary>
    public List<Delivery> Lost { get; } = [];

    /// <summary>Before a try.</summary>
    public void Begin()
    {
        Lost.Clear();
        Lost.AddRange(_foreign);
    }

    /// <summary>How many messages a lease holds when all this is done.</summary>
    public int LeftOf(HeldLease lease)
    {
        int left = lease.Outstanding;
        foreach (SettlementGroup group in _groups)
        {
            left -= group.Lease == lease ? group.Count : 0;
        }

        return left;
    }

    /// <summary>After the transaction.</summary>
    public void Done()
    {
        foreach (SettlementGroup group in _groups)
        {
            group.Lease.Settled(group.Count);
        }
    }

    private SettlementGroup GroupFor(HeldLease lease, SettlementKind kind)
    {
        for (int i = _groups.Count - 1; i >= 0; i--)
        {
            if (_groups[i].Lease == lease && _groups[i].Kind == kind && _groups[i].Count < SettlementGroup.MaxCount)
            {
                return _groups[i];
            }
        }

        var group = new SettlementGroup(lease, kind);
        _groups.Add(group);
        return group;
    }
}

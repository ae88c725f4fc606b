namespace TaskQ.Memory.Store;

/// <summary>The leases that hold something, in the order of their deadlines, and by id.</summary>
/// <remarks>A new deadline is nearly always the latest, so a list that is searched from its end beats a heap.</remarks>
internal sealed class LeaseList
{
    private readonly Dictionary<Guid, HeldLease> _byId = [];
    private HeldLease? _last;

    /// <summary>The lease that runs out first.</summary>
    public HeldLease? First { get; private set; }

    public HeldLease? Find(Guid id) => _byId.Count == 0 ? null : _byId.GetValueOrDefault(id);

    public void Add(HeldLease lease)
    {
        _byId.Add(lease.Id, lease);
        Link(lease);
        lease.IsListed = true;
    }

    public void Remove(HeldLease lease)
    {
        _byId.Remove(lease.Id);
        Unlink(lease);
        lease.IsListed = false;
    }

    public void Extend(HeldLease lease, long deadline)
    {
        Unlink(lease);
        lease.Deadline = deadline;
        Link(lease);
    }

    /// <summary>The leases, the oldest reservation first.</summary>
    public HeldLease[] ByAge()
    {
        HeldLease[] leases = [.. _byId.Values];
        Array.Sort(leases, static (left, right) => left.Number.CompareTo(right.Number));
        return leases;
    }

    private void Link(HeldLease lease)
    {
        HeldLease? before = _last;
        while (before is not null && before.Deadline > lease.Deadline)
        {
            before = before.Previous;
        }

        lease.Previous = before;
        lease.Next = before is null ? First : before.Next;
        if (lease.Next is null)
        {
            _last = lease;
        }
        else
        {
            lease.Next.Previous = lease;
        }

        if (before is null)
        {
            First = lease;
        }
        else
        {
            before.Next = lease;
        }
    }

    private void Unlink(HeldLease lease)
    {
        if (lease.Previous is null)
        {
            First = lease.Next;
        }
        else
        {
            lease.Previous.Next = lease.Next;
        }

        if (lease.Next is null)
        {
            _last = lease.Previous;
        }
        else
        {
            lease.Next.Previous = lease.Previous;
        }

        lease.Previous = null;
        lease.Next = null;
    }
}

using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>What the store keeps of a lease, in <see cref="Lease.State"/>; a node of <see cref="LeaseList"/>.</summary>
internal sealed class HeldLease(Lease lease, Delivery[] deliveries, long number)
{
    public Guid Id { get; } = lease.Id;

    public Delivery[] Deliveries { get; } = deliveries;

    /// <summary>Counts the reservations, for listing the oldest first.</summary>
    public long Number { get; } = number;

    /// <summary>When it runs out, by the backend's monotonic clock.</summary>
    public long Deadline;

    /// <summary>How many of its deliveries are reserved.</summary>
    public int Outstanding = deliveries.Length;

    /// <summary>Whether a beat has something to report: deliveries lost or cancelled.</summary>
    public bool HasNews;

    public bool IsListed;

    public HeldLease? Previous;

    public HeldLease? Next;
}

namespace TaskQ.Sql.Store;

/// <summary>What to reserve.</summary>
/// <param name="Queue">The queue's number.</param>
/// <param name="Lease">The lease that the messages come under.</param>
/// <param name="State">Those in which state.</param>
/// <param name="Max">How many at most.</param>
/// <param name="Duration">How long the lease lasts, in microseconds.</param>
/// <param name="From">Those that are due from when on, in microseconds; 0 for all.</param>
internal readonly record struct ClaimRequest(long Queue, byte[] Lease, RowState State, int Max, long Duration, long From = 0);

namespace TaskQ.Sql.Store;

/// <summary>What a beat has found.</summary>
/// <param name="Held">The ids of the leases that are there, which last longer now.</param>
/// <param name="Cancelled">The ids of the messages in flight that are cancelled, whoever runs them.</param>
internal sealed record Beat(HashSet<Guid> Held, HashSet<Guid> Cancelled)
{
    /// <summary>How many leases one statement extends.</summary>
    public const int Size = 500;
}

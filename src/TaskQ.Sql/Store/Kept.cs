namespace TaskQ.Sql.Store;

/// <summary>What of a queue has been kept for long enough, or may have.</summary>
/// <param name="Leases">Leases that ran out.</param>
/// <param name="Names">Names that ended.</param>
/// <param name="Finished">Finished messages.</param>
/// <param name="Dead">Dead letters.</param>
internal readonly record struct Kept(bool Leases, bool Names, bool Finished, bool Dead);

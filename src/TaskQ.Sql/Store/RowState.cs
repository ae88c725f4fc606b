namespace TaskQ.Sql.Store;

/// <summary>Where a message stands, as its row says it.</summary>
internal enum RowState
{
    /// <summary>It waits until it is due, or for a consumer.</summary>
    Waiting = 0,

    /// <summary>It waits and may have killed its process: it is fetched alone.</summary>
    Suspect = 1,

    /// <summary>It is reserved.</summary>
    InFlight = 2,

    /// <summary>It is a dead letter.</summary>
    Dead = 3,

    /// <summary>It is done, and kept for a while.</summary>
    Finished = 4,
}

namespace TaskQ.Sql.Store;

/// <summary>Fewer messages were settled than were meant to be: some are held no more, or were cancelled. It never leaves the backend.</summary>
internal sealed class SettlementRefusedException : Exception;

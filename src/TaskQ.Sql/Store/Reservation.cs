namespace TaskQ.Sql.Store;

/// <summary>What a claim has reserved.</summary>
/// <param name="Deliveries">The messages, in any order.</param>
/// <param name="IsRepeated">Whether the lease held them already.</param>
internal readonly record struct Reservation(List<SqlDelivery> Deliveries, bool IsRepeated);

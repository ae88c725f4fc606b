namespace TaskQ.Sql.Store;

/// <summary>What an exchange found that took one round trip.</summary>
/// <param name="Settled">The numbers of the rows that were settled.</param>
/// <param name="Head">What the fetch must know, null without one.</param>
/// <param name="Claimed">What was reserved, in any order.</param>
internal sealed record QuickExchange(HashSet<long> Settled, Head? Head, List<SqlDelivery> Claimed);

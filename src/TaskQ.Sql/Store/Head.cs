using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>What a fetch must know of a queue.</summary>
/// <param name="Now">The database's time.</param>
/// <param name="Paused">Whether an operator paused it.</param>
/// <param name="NextDue">When the next message is due, null without one.</param>
/// <param name="NextSuspect">The same of messages that are fetched alone.</param>
/// <param name="NextLeaseEnd">When the next lease runs out, null without one.</param>
internal readonly record struct Head(long Now, bool Paused, long? NextDue, long? NextSuspect, long? NextLeaseEnd)
{
    /// <summary>Reads what <see cref="SqlStatements.Head"/> finds.</summary>
    public static Head Read(DbDataReader reader) => new(
        reader.GetInt64(0),
        reader.GetInt64(1) != 0,
        reader.IsDBNull(2) ? null : reader.GetInt64(2),
        reader.IsDBNull(3) ? null : reader.GetInt64(3),
        reader.IsDBNull(4) ? null : reader.GetInt64(4));

    public bool HasSuspects => NextSuspect <= Now;

    public bool HasExpiredLeases => NextLeaseEnd <= Now;

    /// <summary>Whether there is something for a fetch, or something to do before it can tell.</summary>
    public bool HasWork(bool suspect) => HasExpiredLeases || (!Paused && (suspect ? NextSuspect : NextDue) <= Now);

    /// <summary>How long until something happens by itself; null when nothing does.</summary>
    public TimeSpan? UntilNext
    {
        get
        {
            long next = Math.Min(NextDue ?? long.MaxValue, Math.Min(NextSuspect ?? long.MaxValue, NextLeaseEnd ?? long.MaxValue));
            return next == long.MaxValue ? null : TimeSpan.FromMicroseconds(Math.Max(0, next - Now));
        }
    }
}

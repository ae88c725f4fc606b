using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>A connection, within a transaction or not, on which statements run one after the other.</summary>
/// <param name="connection">The connection.</param>
/// <param name="transaction">Its transaction, null when there is none or when it was begun by a statement.</param>
/// <param name="cache">Prepared commands of the connection, null when they are not kept.</param>
/// <param name="now">A fixed time instead of the database's, null for the database's.</param>
/// <param name="seconds">How long a statement may take, null for what the driver is set to.</param>
internal sealed class SqlSession(DbConnection connection, DbTransaction? transaction, Dictionary<string, DbCommand>? cache, long? now, int? seconds = null)
{
    /// <summary>The name of the parameter that takes the place of the database's time.</summary>
    public const string NowParameter = "@now";

    /// <summary>Whether a transaction, perhaps the caller's, is open, other than by a statement.</summary>
    public bool HasTransaction => transaction is not null;

    /// <summary>A statement whose text comes again and again.</summary>
    public SqlStatement Fixed(string text)
    {
        if (cache is null)
        {
            return Once(text);
        }

        if (!cache.TryGetValue(text, out DbCommand? command))
        {
            command = Create(text);
            cache.Add(text, command);
        }

        return WithNow(new SqlStatement(command, isKept: true), text);
    }

    /// <summary>A statement whose text holds numbers that differ each time.</summary>
    public SqlStatement Once(string text) => WithNow(new SqlStatement(Create(text), isKept: false), text);

    /// <summary>Statements that go to the database together; null if the driver has none.</summary>
    public SqlBatch? Batch()
    {
        if (!connection.CanCreateBatch)
        {
            return null;
        }

        DbBatch batch = connection.CreateBatch();
        batch.Transaction = transaction;
        if (seconds is { } most)
        {
            batch.Timeout = most;
        }

        return new SqlBatch(batch, now);
    }

    private SqlStatement WithNow(SqlStatement statement, string text) =>
        now is { } time && text.Contains(NowParameter, StringComparison.Ordinal) ? statement.Set(NowParameter, time) : statement;

    private DbCommand Create(string text)
    {
        DbCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts are constant but for a checked prefix, whole numbers and hexadecimal digits; all else are parameters.
        command.CommandText = text;
#pragma warning restore CA2100
        command.Transaction = transaction;
        if (seconds is { } most)
        {
            command.CommandTimeout = most;
        }

        return command;
    }
}

using System.Data.Common;
using TaskQ.Sql.Store;

namespace TaskQ.Sql.Dialects;

/// <summary>SQLite.</summary>
internal sealed class SqliteDialect : SqlDialect
{
    internal override string Name => "sqlite";

    /// <summary>In whole milliseconds, the unit of SQLite's clock: https://www.sqlite.org/lang_datefunc.html</summary>
    internal override string Now => "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000";

    internal override string Greatest => "MAX";

    /// <summary>A transaction that writes has the whole database for itself.</summary>
    internal override bool LocksRows => false;

    internal override string ForUpdate => "";

    internal override string SkipLocked => "";

    internal override SqlLink CreateLink(DbDataSource dataSource, SqlOptions options) => new SharedLink(
        dataSource,
        this,
        options,
        ["PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 1000"]);

    private protected override Task<List<SqlDelivery>> ClaimAsync(
        SqlSession session, SqlStatements statements, ClaimRequest request, CancellationToken cancellationToken) =>
        session.Fixed($"UPDATE {statements.Messages} SET state = 2, lease = @lease WHERE seq IN (SELECT seq {statements.NextClaims}) RETURNING {SqlStatements.Claimed}")
            .Set("@queue", request.Queue)
            .Set("@lease", request.Lease)
            .Set("@state", (long)request.State)
            .Set("@max", (long)request.Max)
            .ReadAsync(ClaimedRow.Read, cancellationToken);

    /// <summary>One by one: a prepared statement costs less than a long one that must be parsed.</summary>
    internal override async Task InsertAsync(
        SqlSession session, SqlStatements statements, IReadOnlyList<MessageRow> rows, bool mayBeStored, CancellationToken cancellationToken)
    {
        foreach (MessageRow row in rows)
        {
            await session.Fixed(statements.InsertMessage)
                .Set("@queue", row.Queue)
                .Set("@id", row.Id)
                .Set("@due", row.Due)
                .Set("@delay", row.Delay)
                .Set("@name", row.Name)
                .Set("@name_ends", row.NameEnds ? 1L : 0L)
                .Set("@enqueued", row.Enqueued)
                .Set("@task", row.Task)
                .Set("@body", row.Body)
                .ExecuteAsync(cancellationToken)
                .ConfigureAwait(false);
        }
    }

    internal override bool IsMissingTable(SqlUnavailableException error) => error.Message.Contains("no such table", StringComparison.Ordinal);

    internal override bool IsTransient(DbException error) =>
        error.IsTransient
        || error.Message.Contains("database is locked", StringComparison.Ordinal)
        || error.Message.Contains("database table is locked", StringComparison.Ordinal);
}

using System.Data.Common;
using TaskQ.Sql.Store;

namespace TaskQ.Sql.Listen;

/// <summary>A pooled link to a database that tells nobody of changes: those who wait look often.</summary>
internal sealed class PollingLink(DbDataSource dataSource, SqlDialect dialect, SqlOptions options) : PooledLink(dataSource, dialect, options)
{
    public override PollRange Polls => PollRange.Often;
}

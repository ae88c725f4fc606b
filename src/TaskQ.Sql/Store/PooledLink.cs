using System.Data.Common;

namespace TaskQ.Sql.Store;

/// <summary>
/// A connection from the driver's pool for each piece of work. What is one statement runs without a transaction, as long as connections don't
/// turn out to be stricter by default than TaskQ needs (<see cref="SqlDialect.IsTooStrict"/>): then all runs in transactions that are not.
/// </summary>
internal class PooledLink(DbDataSource dataSource, SqlDialect dialect, SqlOptions options) : SqlLink(dialect, options)
{
    private volatile bool _isStrict;

    public override ValueTask DisposeAsync() => default;

    protected override async Task<T> RunOnceAsync<T>(
        bool writes, long? now, Func<SqlSession, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        DbConnection connection = await dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            if (!writes && !_isStrict)
            {
                try
                {
                    return await work(new SqlSession(connection, null, null, now, StatementSeconds), cancellationToken).ConfigureAwait(false);
                }
                catch (DbException error) when (Dialect.IsTooStrict(error))
                {
                    _isStrict = true;
                    throw;
                }
            }

            DbTransaction transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.ReadCommitted, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                T result = await work(new SqlSession(connection, transaction, null, now, StatementSeconds), cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return result;
            }
        }
    }
}

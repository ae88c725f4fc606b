using System.Data.Common;
using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Adding within a transaction of the caller's.</summary>
internal sealed partial class SqlQueueBackend
{
    /// <summary>Stores messages; whether they stay is up to the caller.</summary>
    public async ValueTask<AddResult[]> AddWithinAsync(ReadOnlyMemory<NewMessage> messages, DbTransaction transaction, CancellationToken cancellationToken)
    {
        SqlSession session = await JoinAsync(transaction, cancellationToken).ConfigureAwait(false);
        try
        {
            long queue = Volatile.Read(ref _queue);
            if (queue == 0)
            {
                // The queue's own row may be rolled back with the rest, so its number is not remembered.
                queue = await FindQueueAsync(session, cancellationToken).ConfigureAwait(false);
            }

            return await AddAsync(session, queue, messages, isRepeated: false, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException error)
        {
            throw new SqlUnavailableException($"The database ({_dialect.Name}) refused to add to queue '{_name}' within a transaction: {error.Message}", error);
        }
    }

    /// <summary>The database's time, asked for within a transaction.</summary>
    public async ValueTask<DateTimeOffset> ReadTimeWithinAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        SqlSession session = await JoinAsync(transaction, cancellationToken).ConfigureAwait(false);
        try
        {
            return await ReadTimeAsync(session, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException error)
        {
            throw new SqlUnavailableException($"The database ({_dialect.Name}) did not tell its time within a transaction: {error.Message}", error);
        }
    }

    /// <summary>The database's time.</summary>
    public Task<DateTimeOffset> ReadTimeAsync() => ReadAsync(ReadTimeAsync, CancellationToken.None);

    private async Task<DateTimeOffset> ReadTimeAsync(SqlSession session, CancellationToken cancellationToken) =>
        StoreTime.ToTime(await session.Fixed(_statements.ReadNow).ReadNumberAsync(cancellationToken).ConfigureAwait(false) ?? 0);

    private async ValueTask<SqlSession> JoinAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        DbConnection connection = transaction.Connection
            ?? throw new ArgumentException("The transaction has ended: it was committed or rolled back.", nameof(transaction));
        await _schema.ReadyAsync(cancellationToken).ConfigureAwait(false);
        return new SqlSession(connection, transaction, null, FixedNow);
    }

    private async Task<long> FindQueueAsync(SqlSession session, CancellationToken cancellationToken)
    {
        if (await session.Fixed(_statements.QueueId).Set("@name", _name).ReadNumberAsync(cancellationToken).ConfigureAwait(false) is { } known)
        {
            return known;
        }

        await session.Fixed(_statements.AddQueue).Set("@name", _name).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        return await session.Fixed(_statements.QueueId + _dialect.Latest).Set("@name", _name).ReadNumberAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new SqlUnavailableException($"Queue '{_name}' could not be written to table '{_statements.Queues}'.");
    }
}

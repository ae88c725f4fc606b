using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>What operators do to a message or to the queue.</summary>
internal sealed partial class SqlQueueBackend
{
    public async ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        await WriteAsync((session, token) => CancelAsync(session, id.ToByteArray(bigEndian: true), token), cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        int moved = await WriteAsync(
            async (session, token) =>
            {
                await TellAsync(session, TimeSpan.Zero, token).ConfigureAwait(false);
                return await session.Fixed(_statements.Reschedule)
                    .Set("@id", id.ToByteArray(bigEndian: true))
                    .Set("@queue", _queue)
                    .Set("@due", StoreTime.FromDueTime(dueAt))
                    .ExecuteAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _waits.Wake(all: false);
        return moved > 0;
    }

    public async ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken)
    {
        await WriteAsync(
            async (session, token) =>
            {
                await TellAsync(session, null, token).ConfigureAwait(false);
                return await session.Fixed(_statements.SetPaused).Set("@queue", _queue).Set("@paused", paused ? 1L : 0L).ExecuteAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _waits.Wake(all: true);
    }

    public async ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken)
    {
        await TendNowAsync(cancellationToken).ConfigureAwait(false);
        List<QueueCounts> counts = await ReadAsync(
            (session, token) => session.Fixed(_statements.Count).Set("@queue", _queue).ReadAsync(
                static reader => new QueueCounts(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3)), token),
            cancellationToken).ConfigureAwait(false);
        return counts[0];
    }

    public async ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(
            async (session, token) =>
            {
                await TellAsync(session, null, token).ConfigureAwait(false);
                await session.Fixed(_statements.Purge).Set("@queue", _queue).ExecuteAsync(token).ConfigureAwait(false);
                await session.Fixed(_statements.PurgeLeases).Set("@queue", _queue).ExecuteAsync(token).ConfigureAwait(false);
                return await session.Fixed(_statements.PurgeNames).Set("@queue", _queue).ExecuteAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _waits.Wake(all: true);
    }

    private async Task<bool> CancelAsync(SqlSession session, byte[] id, CancellationToken cancellationToken)
    {
        List<(long Seq, RowState State, byte[]? Name)> rows = await session.Fixed(_statements.LockMessage)
            .Set("@id", id)
            .Set("@queue", _queue)
            .ReadAsync(
                static reader => (
                    reader.GetInt64(0),
                    (RowState)reader.GetInt64(1),
                    reader.IsDBNull(3) || reader.GetInt64(4) == 0 ? null : (byte[]?)reader.GetValue(3)),
                cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return false;
        }

        (long seq, RowState state, byte[]? name) = rows[0];
        if (state == RowState.InFlight)
        {
            await session.Fixed(_statements.MarkCancelled).Set("@seq", seq).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await DeleteAsync(session, seq, id, name, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}

using System.Data.Common;
using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Finding.</summary>
internal sealed partial class SqlQueueBackend
{
    public async ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        List<StoredMessage> found = await ReadAsync(
            async (session, token) =>
            {
                long now = await session.Fixed(_statements.ReadNow).ReadNumberAsync(token).ConfigureAwait(false) ?? 0;
                return await session.Fixed(_statements.ReadMessage)
                    .Set("@id", id.ToByteArray(bigEndian: true))
                    .Set("@queue", _queue)
                    .ReadAsync(reader => Show(reader, now), token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken)
    {
        var matches = new List<StoredMessage>();
        await ReadAsync(
            async (session, token) =>
            {
                long now = await session.Fixed(_statements.ReadNow).ReadNumberAsync(token).ConfigureAwait(false) ?? 0;
                await ListAsync(MessageState.Ready, RowState.Waiting, _statements.IsDue).ConfigureAwait(false);
                await ListAsync(MessageState.Ready, RowState.Suspect, _statements.IsDue).ConfigureAwait(false);
                await ListAsync(MessageState.Delayed, RowState.Waiting, _statements.IsNotDue).ConfigureAwait(false);
                await ListAsync(MessageState.Delayed, RowState.Suspect, _statements.IsNotDue).ConfigureAwait(false);
                await ListAsync(MessageState.InFlight, RowState.InFlight, "").ConfigureAwait(false);
                await ListAsync(MessageState.Dead, RowState.Dead, "").ConfigureAwait(false);
                await ListAsync(MessageState.Finished, RowState.Finished, "").ConfigureAwait(false);
                return true;

                async Task ListAsync(MessageState state, RowState row, string condition)
                {
                    if ((filter.State is { } wanted && wanted != state) || matches.Count >= max)
                    {
                        return;
                    }

                    matches.AddRange(await PageAsync(session, filter, row, condition, max - matches.Count, now, token).ConfigureAwait(false));
                }
            },
            cancellationToken).ConfigureAwait(false);
        return matches;
    }

    private async Task<List<StoredMessage>> PageAsync(
        SqlSession session, MessageFilter filter, RowState state, string condition, int max, long now, CancellationToken cancellationToken)
    {
        string text = _statements.ListWaiting + condition
            + (filter.TaskName is null ? "" : " AND task = @task")
            + (filter.MinAge is null ? "" : " AND enqueued <= @enqueued")
            + string.Create(CultureInfo.InvariantCulture, $" ORDER BY due, seq LIMIT {max}");
        SqlStatement statement = session.Once(text).Set("@queue", _queue).Set("@state", (long)state);
        if (filter.TaskName is { } task)
        {
            statement = statement.Set("@task", task);
        }

        if (filter.MinAge is { } age)
        {
            statement = statement.Set("@enqueued", now - StoreTime.FromSpan(age));
        }

        return await statement.ReadAsync(reader => Show(reader, now), cancellationToken).ConfigureAwait(false);
    }

    private static StoredMessage Show(DbDataReader reader, long now)
    {
        var state = (RowState)reader.GetInt64(2);
        int attempt = reader.GetInt32(3);
        long due = reader.GetInt64(4);
        MessageState shown = state switch
        {
            RowState.InFlight => MessageState.InFlight,
            RowState.Dead => MessageState.Dead,
            RowState.Finished => MessageState.Finished,
            _ => due <= now ? MessageState.Ready : MessageState.Delayed,
        };
        return new StoredMessage(
            new Guid((byte[])reader.GetValue(0), bigEndian: true),
            new MessageBody((byte[])reader.GetValue(1)),
            shown,
            state is RowState.Waiting or RowState.Suspect ? attempt - 1 : attempt,
            StoreTime.ToTime(due))
        {
            Errors = ErrorLog.Read(reader.IsDBNull(5) ? null : reader.GetString(5)),
        };
    }
}

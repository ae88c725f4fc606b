using System.Data.Common;
using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Dead letters.</summary>
internal sealed partial class SqlQueueBackend
{
    public async ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken)
    {
        await TendNowAsync(cancellationToken).ConfigureAwait(false);
        return await ReadAsync(
            (session, token) => session.Once(string.Create(CultureInfo.InvariantCulture, $"{_statements.PeekDead}{max}")).Set("@queue", _queue).ReadAsync(ShowDead, token),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken)
    {
        List<DeadMessage> found = await ReadAsync(
            (session, token) => session.Fixed(_statements.ReadDead).Set("@id", id.ToByteArray(bigEndian: true)).Set("@queue", _queue).ReadAsync(ShowDead, token),
            cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken)
    {
        int revived = await WriteAsync(
            async (session, token) =>
            {
                await TellAsync(session, TimeSpan.Zero, token).ConfigureAwait(false);
                return await ChangeOldestDeadAsync(session, _statements.ReviveOldest, max, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _waits.Wake(all: false);
        return revived;
    }

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => ChangeDeadAsync(_statements.ReviveDead, id, cancellationToken);

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => ChangeDeadAsync(_statements.DeleteDead, id, cancellationToken);

    public async ValueTask PurgeDeadAsync(CancellationToken cancellationToken) =>
        await WriteAsync(
            (session, token) => session.Fixed($"{_statements.DeleteByDue} WHERE queue = @queue AND state = 3").Set("@queue", _queue).ExecuteAsync(token),
            cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> ChangeDeadAsync(string text, Guid id, CancellationToken cancellationToken)
    {
        int changed = await WriteAsync(
            async (session, token) =>
            {
                await TellAsync(session, TimeSpan.Zero, token).ConfigureAwait(false);
                return await session.Fixed(text).Set("@id", id.ToByteArray(bigEndian: true)).Set("@queue", _queue).ExecuteAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        _waits.Wake(all: false);
        return changed > 0;
    }

    private Task<int> ChangeOldestDeadAsync(SqlSession session, string change, long max, CancellationToken cancellationToken) => _dialect.ChangeAsync(
        session,
        change,
        "seq",
        _statements.OldestOf,
        statement => statement.Set("@queue", _queue).Set("@state", (long)RowState.Dead).Set("@max", max),
        cancellationToken);

    private static DeadMessage ShowDead(DbDataReader reader) => new(
        new Guid((byte[])reader.GetValue(0), bigEndian: true),
        new MessageBody((byte[])reader.GetValue(1)),
        new Death(
            reader.IsDBNull(3) ? "" : reader.GetString(3),
            reader.IsDBNull(4) ? null : reader.GetString(4),
            reader.IsDBNull(5) ? null : reader.GetString(5),
            reader.GetInt32(6)),
        StoreTime.ToTime(reader.GetInt64(2)));
}

using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Leases: extended by beats, ended by the database's time.</summary>
internal sealed partial class SqlQueueBackend
{
    public async ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        if (leases.Count == 0)
        {
            return BeatResult.AllHeld;
        }

        (HashSet<Lease> gone, HashSet<Guid> cancelled) = await WriteAsync(
            (session, token) => BeatAsync(session, leases, token), cancellationToken).ConfigureAwait(false);
        if (gone.Count + cancelled.Count == 0)
        {
            return BeatResult.AllHeld;
        }

        return new BeatResult
        {
            Lost = [.. gone.SelectMany(static lease => lease.Deliveries)],
            Cancelled = [.. leases.Where(lease => !gone.Contains(lease)).SelectMany(static lease => lease.Deliveries).Where(delivery => cancelled.Contains(delivery.Id))],
        };
    }

    private async Task<(HashSet<Lease> Gone, HashSet<Guid> Cancelled)> BeatAsync(
        SqlSession session, IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        HashSet<Lease> gone = [];
        foreach (Lease lease in leases.OrderBy(static lease => lease.Id))
        {
            int extended = await session.Fixed(_statements.ExtendLease)
                .Set("@lease", lease.Id.ToByteArray(bigEndian: true))
                .Set("@duration", StoreTime.FromSpan(lease.Duration))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (extended == 0)
            {
                gone.Add(lease);
            }
        }

        List<Guid> cancelled = await session.Fixed(_statements.Cancelled)
            .Set("@queue", _queue)
            .ReadAsync(static reader => new Guid((byte[])reader.GetValue(0), bigEndian: true), cancellationToken).ConfigureAwait(false);
        return (gone, [.. cancelled]);
    }

    /// <summary>Takes the messages of leases that ran out from their holders. They keep their due times, so they stand before those that came later.</summary>
    private async Task TakeBackAsync(SqlSession session, CancellationToken cancellationToken)
    {
        List<byte[]> leases = await session.Fixed(_statements.ExpiredLeases)
            .Set("@queue", _queue)
            .ReadAsync(static reader => (byte[])reader.GetValue(0), cancellationToken).ConfigureAwait(false);
        foreach (byte[] lease in leases)
        {
            List<(long Seq, byte[] Id, byte[]? Name)> cancelled = await session.Fixed(_statements.CancelledOfLease)
                .Set("@queue", _queue)
                .Set("@lease", lease)
                .ReadAsync(
                    static reader => (
                        reader.GetInt64(0),
                        (byte[])reader.GetValue(1),
                        reader.IsDBNull(2) || reader.GetInt64(3) == 0 ? null : (byte[]?)reader.GetValue(2)),
                    cancellationToken).ConfigureAwait(false);
            foreach ((long seq, byte[] id, byte[]? name) in cancelled)
            {
                await DeleteAsync(session, seq, id, name, cancellationToken).ConfigureAwait(false);
            }

            await _dialect.ChangeAsync(
                session, _statements.TakeBack, "seq", _statements.HeldByLease, statement => statement.Set("@queue", _queue).Set("@lease", lease), cancellationToken).ConfigureAwait(false);
            await _dialect.DeleteEmptyLeaseAsync(session, _statements, _queue, lease, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes a message, and frees its name if that lasts as long as it.</summary>
    private async Task DeleteAsync(SqlSession session, long seq, byte[] id, byte[]? name, CancellationToken cancellationToken)
    {
        await session.Fixed(_statements.DeleteMessage).Set("@seq", seq).ExecuteAsync(cancellationToken).ConfigureAwait(false);
        if (name is not null)
        {
            await FreeNameAsync(session, name, id, cancellationToken).ConfigureAwait(false);
        }
    }
}

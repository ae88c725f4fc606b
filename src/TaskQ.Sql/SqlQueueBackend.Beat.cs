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

        // Where it is one statement, it needs no transaction.
        Beat beat = await RunAsync(
            writes: !_dialect.IsOneStatement, (session, _, token) => BeatAsync(session, leases, token), cancellationToken).ConfigureAwait(false);
        if (beat.Held.Count == leases.Count && beat.Cancelled.Count == 0)
        {
            return BeatResult.AllHeld;
        }

        ILookup<bool, Delivery> deliveries = leases
            .SelectMany(lease => lease.Deliveries.Select(delivery => (IsHeld: beat.Held.Contains(lease.Id), Delivery: delivery)))
            .ToLookup(static pair => pair.IsHeld, static pair => pair.Delivery);
        return new BeatResult
        {
            Lost = [.. deliveries[false]],
            Cancelled = [.. deliveries[true].Where(delivery => beat.Cancelled.Contains(delivery.Id))],
        };
    }

    /// <summary>All that last equally long by one statement, in the order in which settlements end them.</summary>
    private async Task<Beat> BeatAsync(SqlSession session, IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        var beat = new Beat([], []);
        foreach (IGrouping<TimeSpan, Lease> alike in leases.GroupBy(static lease => lease.Duration))
        {
            var ids = alike.Select(static lease => lease.Id.ToByteArray(bigEndian: true)).ToList();
            ids.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
            foreach (byte[][] some in ids.Chunk(Beat.Size))
            {
                await _dialect.BeatAsync(session, _statements, _queue, some, StoreTime.FromSpan(alike.Key), beat, cancellationToken).ConfigureAwait(false);
            }
        }

        return beat;
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

            await TakeBackAsync(session, lease, cancellationToken).ConfigureAwait(false);
            await _dialect.DeleteEmptyLeaseAsync(session, _statements, _queue, lease, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Those of one lease, by one statement for all that have the same attempt and the same errors, as most have.</summary>
    private async Task TakeBackAsync(SqlSession session, byte[] lease, CancellationToken cancellationToken)
    {
        long now = StoreTime.FromTime(_time.GetUtcNow());
        List<(long Seq, int Attempt, string? Errors)> held = await session.Fixed(_statements.HeldByLease)
            .Set("@queue", _queue)
            .Set("@lease", lease)
            .ReadAsync(static reader => (reader.GetInt64(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2)), cancellationToken).ConfigureAwait(false);
        foreach (IGrouping<(int Attempt, string? Errors), long> alike in held.GroupBy(static row => (row.Attempt, row.Errors), static row => row.Seq))
        {
            SqlStatement statement = _dialect.HasArrays
                ? session.Fixed(_statements.TakeBack + "seq = ANY(@rows)").Set("@rows", alike.ToArray())
                : session.Once($"{_statements.TakeBack}seq IN ({string.Join(',', alike)})");
            await statement
                .Set("@lease", lease)
                .Set("@errors", ErrorLog.Append(alike.Key.Errors, ErrorLog.LeaseLost(alike.Key.Attempt), now))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
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

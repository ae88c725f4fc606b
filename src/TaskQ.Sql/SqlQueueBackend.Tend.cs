using TaskQ.Backend;
using TaskQ.Sql.Store;
using TaskQ.Sql.Telemetry;

namespace TaskQ.Sql;

/// <summary>
/// Dropping what has been kept for long enough: ended names, finished messages, dead letters. 1. Now and then while the queue is used,
/// beside that. 2. After a look, so that nothing is locked for nothing. 3. In small pieces, each a transaction, with pauses. 4. How long
/// finished messages and dead letters are kept, and how many, is up to those who consume: a process that only adds or looks may be set otherwise.
/// </summary>
internal sealed partial class SqlQueueBackend
{
    /// <summary>How many rows a piece drops: a claim that must wait for it waits a few milliseconds.</summary>
    private const int TendSize = 200;

    private readonly CancellationTokenSource _closing = new();
    private readonly TendClock _tendClock;

    /// <summary>How many messages have died here since the dead letters were counted.</summary>
    private int _deaths;

    /// <summary>Whether this process has fetched from the queue: then its options say what is kept.</summary>
    private volatile bool _consumes;

    private Task _tending = Task.CompletedTask;

    /// <summary>So many deaths later, the dead letters are counted.</summary>
    private int DeathsPerCount => Math.Max(1, _options.MaxDeadLetters / 100);

    /// <summary>Drops what there is to drop, if it is time, while the caller goes on.</summary>
    private void TendSoon()
    {
        if (!_disposed && _tendClock.TryBegin(isUrgent: Volatile.Read(ref _deaths) >= DeathsPerCount))
        {
            using (ExecutionContext.SuppressFlow())
            {
                Volatile.Write(ref _tending, Task.Run(TendAsync));
            }
        }
    }

    private async Task TendAsync()
    {
        try
        {
            bool trims = Interlocked.Exchange(ref _deaths, 0) > 0;
            while (!_disposed)
            {
                long start = TimeProvider.System.GetTimestamp();
                if (!await TendOnceAsync(isExact: false, trims, _closing.Token).ConfigureAwait(false))
                {
                    return;
                }

                await Task.Delay(TendClock.PauseAfter(TimeProvider.System.GetElapsedTime(start)), TimeProvider.System, _closing.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (_disposed && error is OperationCanceledException or ObjectDisposedException)
        {
            // The next process that uses the queue goes on.
            return;
        }
#pragma warning disable CA1031 // Whatever it is, the callers of the queue have nothing to do with it; it is tried again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.TendFailed(_link.Logger, error, _name);
        }
        finally
        {
            _tendClock.End();
        }
    }

    /// <summary>Takes back what ran out, and drops what is too much, before somebody looks at it.</summary>
    private async Task TendNowAsync(CancellationToken cancellationToken)
    {
        bool isMore = true;
        while (isMore)
        {
            isMore = await TendOnceAsync(isExact: true, trims: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Drops a piece of each.</summary>
    /// <param name="isExact">Whether somebody will look: then leases that ran out are taken back, and names and finished messages may be left for later.</param>
    /// <param name="trims">Whether there may be too many dead letters.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether there may be more of those that matter.</returns>
    private async Task<bool> TendOnceAsync(bool isExact, bool trims, CancellationToken cancellationToken)
    {
        List<Kept> looks = await ReadAsync(LookAsync, cancellationToken).ConfigureAwait(false);
        Kept kept = looks[0];
        if (isExact && kept.Leases)
        {
            await WriteAsync(
                async (session, token) =>
                {
                    await TakeBackAsync(session, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
        }

        bool isMore = kept.Names && await DropNamesAsync(cancellationToken).ConfigureAwait(false);
        if (!_consumes)
        {
            return isMore && !isExact;
        }

        isMore |= kept.Finished && await DropOlderAsync(RowState.Finished, _options.KeepFinished, cancellationToken).ConfigureAwait(false);
        bool isMoreDead = kept.Dead && await DropOlderAsync(RowState.Dead, _queueOptions.DeadLetterRetention, cancellationToken).ConfigureAwait(false);
        if (trims)
        {
            isMoreDead |= await TrimDeadAsync(cancellationToken).ConfigureAwait(false);
        }

        return isMoreDead || (isMore && !isExact);
    }

    private Task<List<Kept>> LookAsync(SqlSession session, CancellationToken cancellationToken) => session.Fixed(_statements.LookAtKept)
        .Set("@queue", _queue)
        .Set("@finished", StoreTime.FromSpan(_options.KeepFinished))
        .Set("@dead", StoreTime.FromSpan(_queueOptions.DeadLetterRetention))
        .ReadAsync(
            static reader => new Kept(reader.GetInt64(0) != 0, reader.GetInt64(1) != 0, reader.GetInt64(2) != 0, reader.GetInt64(3) != 0), cancellationToken);

    /// <summary>Drops a piece of the names that ended.</summary>
    /// <returns>Whether there may be more.</returns>
    private Task<bool> DropNamesAsync(CancellationToken cancellationToken) => DropAsync(
        _statements.DropNames, "name", _statements.EndedNames, statement => statement.Set("@queue", _queue).Set("@max", (long)TendSize), cancellationToken);

    /// <summary>Drops a piece of the messages that are old.</summary>
    /// <returns>Whether there may be more.</returns>
    private Task<bool> DropOlderAsync(RowState state, TimeSpan age, CancellationToken cancellationToken) => DropAsync(
        _statements.DropMessages,
        "seq",
        _statements.OlderOf,
        statement => statement.Set("@queue", _queue).Set("@max", (long)TendSize).Set("@state", (long)state).Set("@age", StoreTime.FromSpan(age)),
        cancellationToken);

    private async Task<bool> DropAsync(
        string change, string key, string select, Func<SqlStatement, SqlStatement> set, CancellationToken cancellationToken)
    {
        // Where it is one statement, it needs no transaction.
        int dropped = await RunAsync(
            writes: !_dialect.IsOneStatement,
            (session, _, token) => _dialect.ChangeAsync(session, change, key, select, set, token),
            cancellationToken).ConfigureAwait(false);
        return dropped >= TendSize;
    }

    /// <summary>Drops the oldest dead letters beyond the maximum.</summary>
    /// <returns>Whether there are more.</returns>
    private async Task<bool> TrimDeadAsync(CancellationToken cancellationToken)
    {
        if (await ReadAsync(CountTooManyAsync, cancellationToken).ConfigureAwait(false) <= 0)
        {
            return false;
        }

        return await WriteAsync(
            async (session, token) =>
            {
                // One at a time: two would drop the same number twice.
                await session.Fixed(_statements.LockQueue).Set("@queue", _queue).ReadNumberAsync(token).ConfigureAwait(false);
                long tooMany = await CountTooManyAsync(session, token).ConfigureAwait(false);
                if (tooMany > 0)
                {
                    await ChangeOldestDeadAsync(session, _statements.DropMessages, Math.Min(TendSize, tooMany), token).ConfigureAwait(false);
                }

                return tooMany > TendSize;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> CountTooManyAsync(SqlSession session, CancellationToken cancellationToken)
    {
        long? count = await session.Fixed(_statements.CountOf).Set("@queue", _queue).Set("@state", (long)RowState.Dead).ReadNumberAsync(cancellationToken).ConfigureAwait(false);
        return (count ?? 0) - _options.MaxDeadLetters;
    }
}

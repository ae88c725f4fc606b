using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>Settling. Each statement names the lease: the fence. One that changes fewer rows than it should has met a message that is held no more.</summary>
internal sealed partial class SqlQueueBackend
{
    private bool KeepsFinished => _options.KeepFinished > TimeSpan.Zero;

    private async Task SettleAsync(SqlSession session, SettlementSet settlements, bool isCareful, bool isRepeated, CancellationToken cancellationToken)
    {
        settlements.Begin();
        foreach (SettlementGroup group in settlements.Groups)
        {
            if (isCareful || isRepeated)
            {
                await SettleCarefullyAsync(session, group, settlements.Lost, isRepeated, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await SettleAsync(session, group, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (HeldLease lease in settlements.Leases)
        {
            if (settlements.LeftOf(lease) <= 0)
            {
                await session.Fixed(_statements.DeleteLease).Set("@lease", lease.Id).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Looks which messages the lease still holds: the others are lost, but for what an earlier try has settled. Of those that were cancelled no retry follows.</summary>
    private async Task SettleCarefullyAsync(SqlSession session, SettlementGroup group, List<Delivery> lost, bool isRepeated, CancellationToken cancellationToken)
    {
        List<(long Seq, bool Cancelled)> rows = await Held(session, group, $"SELECT seq, cancelled FROM {_statements.BySeq}", $" ORDER BY seq{_dialect.ForUpdate}")
            .ReadAsync(static reader => (reader.GetInt64(0), reader.GetInt64(1) != 0), cancellationToken).ConfigureAwait(false);
        var held = rows.Select(static row => row.Seq).ToHashSet();
        SettlementGroup others = group.Only(group.Kind, delivery => !held.Contains(delivery.Seq));
        if (others.Count > 0)
        {
            lost.AddRange(isRepeated ? await TakenBackAsync(session, others, cancellationToken).ConfigureAwait(false) : others.Deliveries);
        }

        bool mayReturn = group.Kind is SettlementKind.Retry or SettlementKind.Release;
        var cancelled = rows.Where(row => mayReturn && row.Cancelled).Select(static row => row.Seq).ToHashSet();

        await SettleAsync(session, group.Only(group.Kind, delivery => held.Contains(delivery.Seq) && !cancelled.Contains(delivery.Seq)), cancellationToken).ConfigureAwait(false);
        await SettleAsync(session, group.Only(SettlementKind.Complete, delivery => cancelled.Contains(delivery.Seq)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Those whose lease ran out before the first try; the others were settled by it. Only taking back counts a crash.</summary>
    private async Task<List<Delivery>> TakenBackAsync(SqlSession session, SettlementGroup group, CancellationToken cancellationToken)
    {
        List<(long Seq, int Crashes)> rows = await session.Once($"SELECT seq, crashes FROM {_statements.BySeq} WHERE seq IN ({group.Rows()})")
            .ReadAsync(static reader => (reader.GetInt64(0), reader.GetInt32(1)), cancellationToken).ConfigureAwait(false);
        Dictionary<long, int> crashes = rows.ToDictionary(static row => row.Seq, static row => row.Crashes);
        return [.. group.Deliveries.Where(delivery => crashes.TryGetValue(delivery.Seq, out int count) && count > delivery.Crashes)];
    }

    private async Task SettleAsync(SqlSession session, SettlementGroup group, CancellationToken cancellationToken)
    {
        if (group.Count == 0)
        {
            return;
        }

        string update = _statements.UpdateBySeq + " ";
        switch (group.Kind)
        {
            case SettlementKind.Complete:
                await ChangeAsync(KeepsFinished ? update + _statements.Keep : _statements.DeleteBySeq).ConfigureAwait(false);
                await FreeNamesAsync(session, group.Deliveries, cancellationToken).ConfigureAwait(false);
                break;
            case SettlementKind.Retry when group.Settlements.Any(static settlement => settlement.Death is not null):
                await RetryAsync(session, group, cancellationToken).ConfigureAwait(false);
                break;
            case SettlementKind.Retry:
                await ChangeAsync($"{update}{_statements.Retry}{group.Delays()}", " AND cancelled = 0").ConfigureAwait(false);
                break;
            case SettlementKind.Release:
                string delays = group.Delays();
                string due = delays == "0" ? "due" : $"CASE WHEN {delays} > 0 THEN {_statements.Now} + {delays} ELSE due END";
                await ChangeAsync($"{update}{_statements.Release}{due}", " AND cancelled = 0").ConfigureAwait(false);
                break;
            default:
                await KillAsync(session, group, cancellationToken).ConfigureAwait(false);
                await FreeNamesAsync(session, group.Deliveries, cancellationToken).ConfigureAwait(false);
                break;
        }

        async Task ChangeAsync(string change, string condition = "")
        {
            int changed = await Held(session, group, change, condition).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (changed != group.Count)
            {
                throw new SettlementRefusedException();
            }
        }
    }

    /// <summary>A statement about those messages of a group that their lease still holds.</summary>
    private SqlStatement Held(SqlSession session, SettlementGroup group, string change, string end)
    {
        const string Fence = " AND state = 2 AND lease = @lease";
        return (_dialect.HasArrays
            ? session.Fixed($"{change} WHERE seq = ANY(@rows){Fence}{end}").Set("@rows", group.RowNumbers())
            : session.Once($"{change} WHERE seq IN ({group.Rows()}){Fence}{end}")).Set("@lease", group.Lease.Id);
    }

    /// <summary>One by one, for each has an error of its own.</summary>
    private async Task RetryAsync(SqlSession session, SettlementGroup group, CancellationToken cancellationToken)
    {
        long now = StoreTime.FromTime(_time.GetUtcNow());
        for (int i = 0; i < group.Count; i++)
        {
            SqlDelivery delivery = group.Deliveries[i];
            int changed = await session.Fixed(_statements.RetryOne)
                .Set("@seq", delivery.Seq)
                .Set("@lease", group.Lease.Id)
                .Set("@delay", StoreTime.FromSpan(group.Settlements[i].Delay))
                .Set("@errors", ErrorLog.Append(delivery.Errors, group.Settlements[i].Death, now))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (changed != 1)
            {
                throw new SettlementRefusedException();
            }
        }
    }

    private async Task KillAsync(SqlSession session, SettlementGroup group, CancellationToken cancellationToken)
    {
        for (int i = 0; i < group.Count; i++)
        {
            Death? death = group.Settlements[i].Death;
            int changed = await session.Fixed($"UPDATE {_statements.Messages} {_statements.Kill} WHERE seq = @seq AND state = 2 AND lease = @lease")
                .Set("@seq", group.Deliveries[i].Seq)
                .Set("@lease", group.Lease.Id)
                .Set("@attempt", (long)(death?.Attempts ?? group.Deliveries[i].Attempt))
                .Set("@reason", death?.Reason)
                .Set("@error_type", death?.ErrorType)
                .Set("@error", death?.ErrorMessage)
                .Set("@errors", ErrorLog.Append(group.Deliveries[i].Errors, death, StoreTime.FromTime(_time.GetUtcNow())))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
            if (changed != 1)
            {
                throw new SettlementRefusedException();
            }
        }

        Interlocked.Add(ref _deaths, group.Count);
    }
}

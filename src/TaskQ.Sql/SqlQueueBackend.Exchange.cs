using TaskQ.Backend;
using TaskQ.Backend.Wait;
using TaskQ.Sql.Listen;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>
/// The exchange. 1. What is finished is settled. 2. In the same transaction, leases that ran out are taken back and what is
/// asked for is reserved. 3. With nothing there, the fetch waits in this process: for a wake-up, a due time or the next poll.
/// </summary>
internal sealed partial class SqlQueueBackend
{
    public async ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        bool mayWait = fetch is not null && fetch.Wait != TimeSpan.Zero && finished.Count == 0
            && !cancellationToken.IsCancellationRequested;
        if (mayWait)
        {
            _link.Watch();
        }

        FetchRequest? asked = cancellationToken.IsCancellationRequested ? null : fetch;
        _consumes |= asked is not null;
        if (finished.Count == 0 && asked is null)
        {
            return ExchangeResult.Empty;
        }

        long start = _time.GetTimestamp();
        long seen = _waits.Wakes;
        ExchangeResult result = await StepAsync(finished, asked).ConfigureAwait(false);
        if (!mayWait || WaitRoom.IsOver(result, fetch!))
        {
            return result;
        }

        _link.EnterWait();
        try
        {
            return await _waits.FetchAsync(fetch!, result, seen, start, asking => StepAsync([], asking), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _link.LeaveWait();
        }
    }

    private async Task<ExchangeResult> StepAsync(IReadOnlyList<Settlement> finished, FetchRequest? fetch)
    {
        ExchangeResult result = await SettleAndFetchAsync(finished, fetch).ConfigureAwait(false);
        TendSoon();
        return result;
    }

    /// <summary>Not cancelled by the caller: what is reserved must be known here.</summary>
    private async Task<ExchangeResult> SettleAndFetchAsync(IReadOnlyList<Settlement> finished, FetchRequest? fetch)
    {
        var settlements = new SettlementSet(finished);
        (ExchangeResult? quick, bool isRepeated) = await TryQuickAsync(settlements, finished.Count, fetch).ConfigureAwait(false);
        if (quick is not null)
        {
            return quick;
        }

        if (finished.Count == 0 && !isRepeated)
        {
            // A look costs less than a transaction.
            Head head = await ReadAsync(ReadHeadAsync, CancellationToken.None).ConfigureAwait(false);
            if (!head.HasWork(fetch!.Suspect))
            {
                Note(head, 0);
                return new ExchangeResult { Paused = head.Paused, SuspectsWaiting = head.HasSuspects };
            }
        }

        bool isCareful = false;
        while (true)
        {
            try
            {
                Step step = await RunAsync(
                    writes: true,
                    (session, tries, token) => StepAsync(session, settlements, fetch, isCareful, isRepeated || tries > 0, token),
                    CancellationToken.None).ConfigureAwait(false);
                settlements.Done();
                if (settlements.GivesBack)
                {
                    _floor.Reset();
                }

                if (settlements.FreesSlots)
                {
                    _waits.Wake(all: false);
                }

                return fetch is null ? new ExchangeResult { Lost = settlements.Lost } : ResultOf(step, settlements.Lost);
            }
            catch (SettlementRefusedException) when (!isCareful)
            {
                // Some are held no more, or were cancelled: once more, with a look at each.
                isCareful = true;
            }
        }
    }

    private ExchangeResult ResultOf(Step step, IReadOnlyList<Delivery> lost)
    {
        Note(step.Head, step.Deliveries.Length);
        return new ExchangeResult
        {
            Deliveries = step.Deliveries,
            Lost = lost,
            SuspectsWaiting = step.Head.HasSuspects,
            Paused = step.Head.Paused,
        };
    }

    private async Task<Step> StepAsync(
        SqlSession session, SettlementSet settlements, FetchRequest? fetch, bool isCareful, bool isRepeated, CancellationToken cancellationToken)
    {
        await SettleAsync(session, settlements, isCareful, isRepeated, cancellationToken).ConfigureAwait(false);
        if (settlements.NextReturn is { } wait && wait <= WakeUp.Soon)
        {
            await TellAsync(session, wait, cancellationToken).ConfigureAwait(false);
        }

        Step step = fetch is null
            ? new Step(default, [])
            : await FetchAsync(session, fetch, isRepeated, cancellationToken).ConfigureAwait(false);
        if (_queueOptions.WorkerLimit is not null && settlements.Count > step.Deliveries.Length)
        {
            // A slot is free that this process does not take.
            await TellAsync(session, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }

        return step;
    }

    private async Task<Step> FetchAsync(SqlSession session, FetchRequest fetch, bool isRepeated, CancellationToken cancellationToken)
    {
        Head head = await ReadHeadAsync(session, cancellationToken).ConfigureAwait(false);
        if (isRepeated)
        {
            List<SqlDelivery> held = await ReadHeldAsync(session, fetch, cancellationToken).ConfigureAwait(false);
            if (held.Count > 0)
            {
                return new Step(head, Hold(fetch, held));
            }
        }

        if (head.HasExpiredLeases)
        {
            await TakeBackAsync(session, cancellationToken).ConfigureAwait(false);
            head = await ReadHeadAsync(session, cancellationToken).ConfigureAwait(false);
        }

        return await ReserveAsync(session, fetch, head, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Step> ReserveAsync(SqlSession session, FetchRequest fetch, Head head, CancellationToken cancellationToken)
    {
        byte[] lease = fetch.Lease.Id.ToByteArray(bigEndian: true);
        List<SqlDelivery> claimed = [];
        if (!head.Paused && head.HasWork(fetch.Suspect))
        {
            (claimed, head) = await ClaimAsync(session, fetch, lease, head, cancellationToken).ConfigureAwait(false);
        }

        return new Step(head, Hold(fetch, claimed));
    }

    /// <summary>What was reserved, in the order in which it is due, under its lease.</summary>
    private static SqlDelivery[] Hold(FetchRequest fetch, List<SqlDelivery> claimed)
    {
        claimed.Sort(static (left, right) => left.Due == right.Due ? left.Seq.CompareTo(right.Seq) : left.Due.CompareTo(right.Due));
        SqlDelivery[] deliveries = [.. claimed];
        foreach (SqlDelivery delivery in deliveries)
        {
            delivery.Lease = fetch.Lease;
        }

        if (deliveries.Length > 0)
        {
            fetch.Lease.State = new HeldLease(fetch.Lease.Id.ToByteArray(bigEndian: true), deliveries.Length);
            fetch.Lease.Deliveries = deliveries;
        }

        return deliveries;
    }

    /// <summary>What a lease holds already: its fetch was carried out, and its answer was lost.</summary>
    private Task<List<SqlDelivery>> ReadHeldAsync(SqlSession session, FetchRequest fetch, CancellationToken cancellationToken) =>
        session.Fixed(_statements.ClaimedByLease)
            .Set("@queue", _queue)
            .Set("@lease", fetch.Lease.Id.ToByteArray(bigEndian: true))
            .ReadAsync(ClaimedRow.Read, cancellationToken);

    /// <summary>Reserves within the limits.</summary>
    /// <returns>What was reserved, and the head with the time at which a limit allows more.</returns>
    private async Task<(List<SqlDelivery> Claimed, Head Head)> ClaimAsync(
        SqlSession session, FetchRequest fetch, byte[] lease, Head head, CancellationToken cancellationToken)
    {
        int max = fetch.Suspect ? 1 : Math.Min(fetch.Max, CallSize);
        RowState state = fetch.Suspect ? RowState.Suspect : RowState.Waiting;
        long? permits = null;
        if (_queueOptions.WorkerLimit is not null || _queueOptions.RateLimit is not null)
        {
            // One claim at a time: the limits are for all.
            permits = await session.Fixed(_statements.LockQueue).Set("@queue", _queue).ReadNumberAsync(cancellationToken).ConfigureAwait(false) ?? 0;
        }

        if (_queueOptions.WorkerLimit is { } limit)
        {
            long running = await session.Fixed(_statements.CountInFlight).Set("@queue", _queue).ReadNumberAsync(cancellationToken).ConfigureAwait(false) ?? 0;
            max = (int)Math.Min(max, limit - running);
        }

        Permits? rate = _queueOptions.RateLimit is { } rateLimit ? new Permits(rateLimit, permits ?? 0, head.Now) : null;
        if (rate is { } counted)
        {
            max = (int)Math.Min(max, counted.Available);
            if (max <= 0 && counted.Available <= 0)
            {
                return ([], head with { NextDue = head.Now + counted.Wait, NextSuspect = null });
            }
        }

        if (max <= 0)
        {
            // Until a slot is free, which a settlement tells.
            return ([], head with { NextDue = null, NextSuspect = null });
        }

        var request = new ClaimRequest(_queue, lease, state, max, StoreTime.FromSpan(fetch.Lease.Duration));
        (List<SqlDelivery> claimed, bool isRepeated) = await _dialect.ReserveAsync(session, _statements, request, cancellationToken).ConfigureAwait(false);
        if (claimed.Count > 0 && !isRepeated && rate is { } taken)
        {
            await session.Fixed(_statements.SetPermit)
                .Set("@queue", _queue)
                .Set("@permit", taken.After(claimed.Count))
                .ExecuteAsync(cancellationToken).ConfigureAwait(false);
        }

        return (claimed, head);
    }

    private async Task<Head> ReadHeadAsync(SqlSession session, CancellationToken cancellationToken)
    {
        List<Head> heads = await session.Fixed(_statements.Head).Set("@queue", _queue).ReadAsync(
            Head.Read, cancellationToken).ConfigureAwait(false);
        return heads.Count > 0 ? heads[0] : throw new SqlUnavailableException($"Queue '{_name}' is no more in table '{_statements.Queues}'.");
    }

    /// <summary>Passes on to those who wait in this process what a fetch has learned.</summary>
    private void Note(Head head, int count)
    {
        if (count > 0)
        {
            _waits.ResetPoll();

            // It may have left some behind.
            _waits.Wake(all: false);
        }
        else if (head.UntilNext is { } wait && !head.Paused)
        {
            _waits.DueIn(wait);
        }
    }

    /// <summary>What a transaction found and reserved.</summary>
    private sealed record Step(Head Head, SqlDelivery[] Deliveries);
}

using TaskQ.Backend;
using TaskQ.Sql.Store;

namespace TaskQ.Sql;

/// <summary>The exchange by one round trip, where the database can: completions, a look and a claim, and no limits. All else takes the long way.</summary>
internal sealed partial class SqlQueueBackend
{
    /// <summary>With a fake clock all looks are full: what they take is no measure there.</summary>
    private readonly ClaimFloor _floor = new(TimeProvider.System);

    /// <summary>Settles and fetches, if that is all.</summary>
    /// <returns>The result, null to take the long way; then whether some of it may have been carried out.</returns>
    private async Task<(ExchangeResult? Result, bool IsRepeated)> TryQuickAsync(SettlementSet settlements, int finished, FetchRequest? fetch)
    {
        if (!_dialect.IsOneStatement || !settlements.IsAllComplete || _queueOptions.WorkerLimit is not null || _queueOptions.RateLimit is not null)
        {
            return (null, false);
        }

        settlements.Begin();
        bool isRepeated = false;
        long from = fetch is null or { Suspect: true } || _options.UseQueueClock ? 0 : _floor.Begin();
        long start = TimeProvider.System.GetTimestamp();
        QuickExchange? exchange = await RunAsync(
            writes: false,
            async (session, tries, token) =>
            {
                isRepeated = tries > 0;
                ClaimRequest? request = fetch is null
                    ? null
                    : new ClaimRequest(
                        _queue,
                        fetch.Lease.Id.ToByteArray(bigEndian: true),
                        fetch.Suspect ? RowState.Suspect : RowState.Waiting,
                        fetch.Suspect ? 1 : Math.Min(fetch.Max, CallSize),
                        StoreTime.FromSpan(fetch.Lease.Duration),
                        from);
                return isRepeated ? null : await _dialect.ExchangeAsync(session, _statements, settlements, KeepsFinished, request, token).ConfigureAwait(false);
            },
            CancellationToken.None).ConfigureAwait(false);
        if (exchange is null)
        {
            return (null, isRepeated);
        }

        foreach (SettlementGroup group in settlements.Groups)
        {
            settlements.Lost.AddRange(group.Deliveries.Where(delivery => !exchange.Settled.Contains(delivery.Seq)));
        }

        settlements.Done();
        if (fetch is null)
        {
            return (new ExchangeResult { Lost = settlements.Lost }, false);
        }

        Head head = exchange.Head ?? throw new SqlUnavailableException($"Queue '{_name}' is no more in table '{_statements.Queues}'.");
        List<SqlDelivery> claimed = exchange.Claimed;
        bool hasWork = head.HasWork(fetch.Suspect);
        if (!fetch.Suspect && !head.Paused)
        {
            long? reached = claimed.Count > 0 ? claimed.Max(static delivery => delivery.Due) : hasWork ? null : head.Now;
            _floor.End(from, TimeProvider.System.GetElapsedTime(start), reached);
        }

        if (claimed.Count == 0 && !head.Paused && hasWork)
        {
            // Others were faster, or it is the same fetch once more.
            claimed = await ReadHeldAsync(fetch, mayFail: finished > 0).ConfigureAwait(false);
        }

        var step = new Step(head, Hold(fetch, claimed));
        if (head.HasExpiredLeases)
        {
            step = await TakeBackAsync(fetch, step, mayFail: finished > 0 || step.Deliveries.Length > 0).ConfigureAwait(false);
        }

        if (from > 0 && step.Deliveries.Length == 0)
        {
            _waits.DueIn(_floor.UntilFull);
        }

        return (ResultOf(step, settlements.Lost), false);
    }

    /// <summary>What the lease of a fetch holds already.</summary>
    private async Task<List<SqlDelivery>> ReadHeldAsync(FetchRequest fetch, bool mayFail)
    {
        try
        {
            return await ReadAsync((session, token) => ReadHeldAsync(session, fetch, token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (SqlUnavailableException) when (mayFail)
        {
            // What was settled must be told. Should the lease hold something, that comes back when it runs out.
            return [];
        }
    }

    /// <summary>Takes back what ran out; a fetch that has found nothing looks again.</summary>
    private async Task<Step> TakeBackAsync(FetchRequest fetch, Step step, bool mayFail)
    {
        try
        {
            return await RunAsync(
                writes: true,
                async (session, tries, token) =>
                {
                    await TakeBackAsync(session, token).ConfigureAwait(false);
                    _floor.Reset();
                    return step.Deliveries.Length == 0
                        ? await FetchAsync(session, fetch, isRepeated: tries > 0, token).ConfigureAwait(false)
                        : step with { Head = await ReadHeadAsync(session, token).ConfigureAwait(false) };
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (SqlUnavailableException) when (mayFail)
        {
            // What this exchange has done already must be told. The next one takes them back.
            return step;
        }
    }
}

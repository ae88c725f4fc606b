using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Wait;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis;

/// <summary>
/// The exchange. 1. What is finished goes to the store, in calls of bounded size. 2. With the last of them, what is asked
/// for is reserved. 3. With nothing there, the fetch waits in this process: for a wake-up, a due time or the next poll.
/// </summary>
internal sealed partial class RedisQueueBackend
{
    /// <summary>How many arguments stand before the settlements.</summary>
    private const int FixedArguments = 11;

    private static readonly TimeSpan SweepPause = TimeSpan.FromMilliseconds(5);

    private long _sweptAt;

    // The number of wake-ups at which the store had nothing, for a process that listens.
    private long _emptyAt = -1;

    public async ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        ThrowIfDisposed();

        // Settlements are not held up: who brings some learns at once that they are carried out, and waits with the next call.
        bool mayWait = fetch is not null && fetch.Wait != TimeSpan.Zero && finished.Count == 0
            && !cancellationToken.IsCancellationRequested;
        if (mayWait)
        {
            // Before the store is asked: what comes after its answer must be heard.
            await _wakeUps.ListenAsync().ConfigureAwait(false);
        }

        FetchRequest? asked = cancellationToken.IsCancellationRequested ? null : fetch;
        long start = _time.GetTimestamp();
        List<Delivery>? lost = null;
        int settled = 0;
        int length = SettlementBatch.LengthOf(finished, 0, CallSize);
        while (settled + length < finished.Count)
        {
            await CallAsync(new SettlementBatch(finished, settled, length), null, lost ??= []).ConfigureAwait(false);
            settled += length;
            length = SettlementBatch.LengthOf(finished, settled, CallSize);
        }

        if (settled == finished.Count && asked is null)
        {
            return ExchangeResult.Empty;
        }

        lost ??= [];
        bool isListening = _wakeUps.IsListening;
        long seen = _waits.Wakes;
        ExchangeResult result = ExchangeResult.Empty;
        if (!mayWait || fetch!.Suspect || Interlocked.Read(ref _emptyAt) != seen)
        {
            result = await CallAsync(
                new SettlementBatch(finished, settled, finished.Count - settled), asked, lost).ConfigureAwait(false);
            if (isListening && asked is { Suspect: false } && result is { Deliveries.Count: 0, SuspectsWaiting: false, Paused: false })
            {
                // Whoever waits next need not ask: of what comes from now on a wake-up tells.
                Interlocked.Exchange(ref _emptyAt, seen);
            }
        }

        if (!mayWait || WaitRoom.IsOver(result, fetch!))
        {
            return result;
        }

        return await _waits.FetchAsync(fetch!, result, seen, start, ListenAndCallAsync, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What comes after the store's answer must be heard.</summary>
    private async Task<ExchangeResult> ListenAndCallAsync(FetchRequest fetch)
    {
        await _wakeUps.ListenAsync().ConfigureAwait(false);
        return await CallAsync(default, fetch, []).ConfigureAwait(false);
    }

    private async Task<ExchangeResult> CallAsync(SettlementBatch finished, FetchRequest? fetch, List<Delivery> lost)
    {
        byte[] lease = fetch is null ? [] : IdBytes.Of(fetch.Lease.Id);
        List<RedisValue> arguments =
        [
            None,
            fetch is null ? 0 : Math.Min(fetch.Max, CallSize),
            lease,
            fetch is null ? 0 : StoreTime.FromSpan(fetch.Lease.Duration),
            fetch is { Suspect: true } ? Yes : No,
            _arguments.WorkerLimit,
            _arguments.PermitInterval,
            _arguments.Burst,
            _arguments.DeadRetention,
            _arguments.MaxDead,
            fetch is not null && IsSweepDue() ? Yes : No,
        ];
        finished.Write(arguments, lost);
        if (fetch is null && arguments.Count == FixedArguments)
        {
            return new ExchangeResult { Lost = lost };
        }

        (RedisResult[] reply, bool isRepeated) = await SendAsync([.. arguments]).ConfigureAwait(false);

        // After a lost reply a refusal says nothing: the first call may have settled it.
        if (!isRepeated && !reply[2].IsNull)
        {
            foreach (RedisResult number in (RedisResult[])reply[2]!)
            {
                lost.Add(finished.At((int)number));
            }
        }

        int flags = (int)reply[1];
        Delivery[] deliveries = fetch is null ? [] : ReadDeliveries(fetch.Lease, lease, reply);
        if (fetch is not null)
        {
            Note(deliveries.Length, (long)reply[0], isMoreReady: (flags & 4) != 0);
        }

        return new ExchangeResult
        {
            Deliveries = deliveries,
            Lost = lost,
            MoreReady = deliveries.Length > 0 && (flags & 4) != 0,
            SuspectsWaiting = (flags & 2) != 0,
            Paused = (flags & 1) != 0,
        };
    }

    /// <summary>
    /// Sends an exchange; once more when its reply is lost. The lease is the same, so what the first call reserved comes
    /// with the second reply, and what it settled is refused there. Not cancelled by the caller: what a call reserves must
    /// be known here.
    /// </summary>
    private async Task<(RedisResult[] Reply, bool IsRepeated)> SendAsync(RedisValue[] arguments)
    {
        try
        {
            RedisResult reply = await RunAsync(QueueScripts.Exchange, arguments, CancellationToken.None).ConfigureAwait(false);
            return ((RedisResult[])reply!, IsRepeated: false);
        }
        catch (RedisUnavailableException failure)
        {
            return ((RedisResult[])(await SendAgainAsync(arguments, failure).ConfigureAwait(false))!, IsRepeated: true);
        }
    }

    /// <summary>With arguments of its own, for the client may not be done with those of the call before it.</summary>
    private Task<RedisResult> SendAgainAsync(RedisValue[] arguments, RedisUnavailableException failure) =>
        _exchangeRetries.RepeatAsync(failure, token => RunAsync(QueueScripts.Exchange, [.. arguments], token), CancellationToken.None);

    /// <summary>Passes on to those who wait in this process what a reply says about the store.</summary>
    private void Note(int count, long untilNext, bool isMoreReady)
    {
        if (count > 0)
        {
            if (_waits.ResetPoll())
            {
                _wakeUps.NoteUnheard();
            }

            if (isMoreReady)
            {
                _waits.Wake(all: false);
            }
        }
        else if (untilNext >= 0)
        {
            _waits.DueIn(TimeSpan.FromMicroseconds(untilNext));
        }
    }

    private static Delivery[] ReadDeliveries(Lease lease, byte[] leaseBytes, RedisResult[] reply)
    {
        if ((byte[]?)reply[3] is not { } stored)
        {
            return [];
        }

        var value = new LeaseValue(stored);
        var records = (RedisResult[])reply[4]!;
        RedisResult[] attempts = reply[5].IsNull ? [] : (RedisResult[])reply[5]!;
        var deliveries = new Delivery[value.Count];
        int count = 0;
        for (int i = 0; i < deliveries.Length; i++)
        {
            if (!value.Holds(i) || (byte[]?)records[i] is not { } record)
            {
                continue;
            }

            var delivery = new RedisDelivery(value.IdAt(i), leaseBytes, i, new MessageRecord(record)) { Lease = lease };
            if (attempts.Length > 0 && (string?)attempts[i] is { } counted)
            {
                (delivery.Attempt, delivery.Crashes) = ReadAttempts(counted);
            }

            deliveries[count++] = delivery;
        }

        Array.Resize(ref deliveries, count);
        lease.Deliveries = deliveries;
        return deliveries;
    }

    /// <summary>
    /// Whether a fetch looks for what has fallen due even if enough is ready. Now and then is enough; a fetch that finds too little
    /// looks anyway.
    /// </summary>
    private bool IsSweepDue()
    {
        long now = _time.GetTimestamp();
        long last = Interlocked.Read(ref _sweptAt);
        return _time.GetElapsedTime(last, now) >= SweepPause && Interlocked.CompareExchange(ref _sweptAt, now, last) == last;
    }

    /// <summary>The attempt that comes next, and how many leases were lost.</summary>
    private static (int Attempt, int Crashes) ReadAttempts(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return (int.Parse(text.AsSpan(0, colon), provider: null), int.Parse(text.AsSpan(colon + 1), provider: null));
    }
}

using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>Brings messages from the store to the buffer, and finished ones back on the same way.</summary>
/// <remarks>
/// 1. Wait while paused or while a suspect runs. 2. Wait for room in the buffer, and for a local permit. 3. Exchange:
/// what is finished for what is ready. 4. Fill the buffer. Only a fetch that follows an empty one waits in the store.
/// </remarks>
internal sealed class Fetcher
{
    private readonly ConsumerRun _run;
    private readonly QueueOptions _options;
    private readonly RetryPacer _pacer;
    private readonly LocalLimiter? _limiter;
    private bool _foundNothing;
    private Lease? _unanswered;

    public Fetcher(ConsumerRun run)
    {
        _run = run;
        _options = run.Queue.Options;
        _pacer = new RetryPacer(_options.TimeProvider);
        _limiter = _options.RateLimiter is { } limiter ? new LocalLimiter(limiter, _options.TimeProvider, run.Queue.Metrics) : null;
    }

    public async Task RunAsync()
    {
        CancellationToken stopping = _run.FetchStopping;
        int failures = 0;
        _run.Settler.BeginCarry();
        bool retired = false;

        // Nothing but its own mistakes can throw here; even then it must be known to have left, or a stop would wait for it.
        try
        {
            while (!stopping.IsCancellationRequested && !(retired = _run.Fetchers.TryRetire()))
            {
                try
                {
                    if (!await FetchAsync(stopping).ConfigureAwait(false))
                    {
                        break;
                    }

                    failures = 0;
                }
#pragma warning disable CA1031 // Whatever the store's client throws, the fetcher must go on.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    TimeSpan delay = RetryPacer.DelayAfter(++failures);
                    Log.FetchFailed(_run.Logger, error, _run.Queue.Name, delay);
                    _run.Settler.EndCarry();
                    await _pacer.WaitAsync(delay, stopping).ConfigureAwait(false);
                    _run.Settler.BeginCarry();
                }
            }
        }
        finally
        {
            _run.Settler.EndCarry();
            if (!retired)
            {
                _run.Fetchers.Leave();
            }

            _limiter?.Dispose();
        }
    }

    /// <returns>False when the run is stopping.</returns>
    private async ValueTask<bool> FetchAsync(CancellationToken stopping)
    {
        await WithoutCarryingAsync(_run.Errors.WaitAsync(stopping)).ConfigureAwait(false);
        await WithoutCarryingAsync(_run.Suspects.WaitAsync(stopping)).ConfigureAwait(false);

        int room = await WithoutCarryingAsync(_run.Buffer.RequestAsync()).ConfigureAwait(false);
        if (room == 0)
        {
            return false;
        }

        ExchangeResult result;
        try
        {
            int max = _limiter is null
                ? room
                : await WithoutCarryingAsync(_limiter.PrepareAsync(room, stopping)).ConfigureAwait(false);
            if (max == 0 || stopping.IsCancellationRequested)
            {
                return false;
            }

            // Of a fetch that failed only the reply may be lost: under the same lease its messages come now, not when it runs out.
            Lease lease = _unanswered ?? new Lease(_run.Queue.Ids.Next(), _options.LeaseDuration);
            var request = new FetchRequest(lease, max, _foundNothing ? _options.FetchWait : TimeSpan.Zero);
            long start = _options.TimeProvider.GetTimestamp();
            result = await ExchangeAsync(request, stopping).ConfigureAwait(false);
            bool wasIdle = _foundNothing;
            _foundNothing = result.Deliveries.Count == 0;
            _run.LastFetchFull = result.MoreReady || result.Deliveries.Count == max;
            _run.Fetched.Add(start, _run.LastFetchFull);
            await WithoutCarryingAsync(_run.TakeUpAsync(lease, result.Deliveries, _limiter, stopping)).ConfigureAwait(false);
            if (wasIdle && !_foundNothing)
            {
                // The worker that this has woken is next on this thread: its message has waited for it.
                await default(PoolYield);
            }
        }
        finally
        {
            _run.Buffer.EndRequest(room);
        }

        _run.IsPausedByOperator = result.Paused;
        if (result.SuspectsWaiting)
        {
            await WithoutCarryingAsync(_run.Suspects.RunOneAsync(_foundNothing, _limiter, stopping)).ConfigureAwait(false);
        }

        return true;
    }

    private async ValueTask<ExchangeResult> ExchangeAsync(FetchRequest request, CancellationToken stopping)
    {
        QueueMetrics metrics = _run.Queue.Metrics;
        metrics.Depth.Refresh(_run.Logger);
        List<Settlement> finished = _run.Settler.Take();
        bool waits = request.Wait > TimeSpan.Zero;
        if (waits)
        {
            // What finishes while this one waits must not wait with it.
            _run.Settler.EndCarry();
        }

        long start = metrics.StartCall();
        try
        {
            _unanswered = request.Lease;
            _run.Watch.Ask();
            ExchangeResult result = await _run.Queue.Backend.ExchangeAsync(finished, request, stopping).ConfigureAwait(false);
            _unanswered = null;
            metrics.EndCall(start, ClientCall.Fetch, null);
            _run.Watch.Answer();
            _run.Settler.Confirm(finished, result.Lost);
            return result;
        }
        catch (Exception error)
        {
            metrics.EndCall(start, ClientCall.Fetch, error);
            _run.Settler.Return(finished);
            throw;
        }
        finally
        {
            if (waits)
            {
                _run.Settler.BeginCarry();
            }
        }
    }

    /// <summary>Waits; what finishes meanwhile is sent without this fetcher.</summary>
    private async ValueTask WithoutCarryingAsync(ValueTask wait)
    {
        if (wait.IsCompleted)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        _run.Settler.EndCarry();
        try
        {
            await wait.ConfigureAwait(false);
        }
        finally
        {
            _run.Settler.BeginCarry();
        }
    }

    private async ValueTask<T> WithoutCarryingAsync<T>(ValueTask<T> wait)
    {
        if (wait.IsCompleted)
        {
            return await wait.ConfigureAwait(false);
        }

        _run.Settler.EndCarry();
        try
        {
            return await wait.ConfigureAwait(false);
        }
        finally
        {
            _run.Settler.BeginCarry();
        }
    }
}

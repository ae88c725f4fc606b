using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>Runs a message that may kill its process while this process runs nothing else of the queue.</summary>
/// <remarks>
/// 1. Close the gate: no fetcher fetches. 2. Wait until nothing is held here, though not for ever: one long handler must
/// not stop the queue; each try is twice as patient as the one before, and as long as it lasted the next one waits.
/// 3. Fetch one suspect and wait until it is finished. 4. Open the gate.
/// </remarks>
internal sealed class SuspectGate(ConsumerRun run)
{
    private const int MaxTries = 5;

    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly RetryPacer _pacer = new(run.TimeProvider);
    private TaskCompletionSource? _closed;
    private TimeSpan _patience = FirstPatience;
    private TimeSpan _rest;
    private long _restSince;

    /// <summary>Ends when the gate is open, or the token is cancelled.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _closed) is { } gate && !cancellationToken.IsCancellationRequested)
        {
            await gate.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs one suspect, unless another fetcher is about to, or the last try was a short time ago.</summary>
    /// <param name="foundNothing">Whether the caller's fetch brought nothing: the next one would bring the same at once.</param>
    /// <param name="limiter">Where the suspect gets its permit.</param>
    /// <param name="stopping">Ends every wait.</param>
    public async ValueTask RunOneAsync(bool foundNothing, LocalLimiter? limiter, CancellationToken stopping)
    {
        bool ran = false;
        if (TryClose() is { } gate)
        {
            try
            {
                Log.SuspectsWaiting(run.Logger, run.Queue.Name);
                ran = await TryRunAsync(limiter, stopping).ConfigureAwait(false);
            }
            finally
            {
                _restSince = run.TimeProvider.GetTimestamp();
                Volatile.Write(ref _closed, null);
                gate.SetResult();
            }
        }

        if (!ran && foundNothing)
        {
            // The store reports suspects at once, even to a fetch that would wait.
            await Task.Delay(Pause, run.TimeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private TaskCompletionSource? TryClose()
    {
        lock (_lock)
        {
            if (_closed is not null || (_rest > TimeSpan.Zero && run.TimeProvider.GetElapsedTime(_restSince) < _rest))
            {
                return null;
            }

            return _closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async ValueTask<bool> TryRunAsync(LocalLimiter? limiter, CancellationToken stopping)
    {
        // Without a rest a long handler, or a suspect that a limit holds back, would keep the gate closed most of the time.
        _rest = Pause;
        if (!await DrainAsync(_patience, stopping).ConfigureAwait(false))
        {
            _rest = _patience;
            _patience = _patience * 2 < LongestPatience ? _patience * 2 : LongestPatience;
            return false;
        }

        _patience = FirstPatience;
        if (!await RunFetchedAsync(limiter, stopping).ConfigureAwait(false))
        {
            return false;
        }

        _rest = TimeSpan.Zero;
        return true;
    }

    private async ValueTask<bool> DrainAsync(TimeSpan patience, CancellationToken stopping)
    {
        using var enough = new CancellationTokenSource(patience, run.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stopping);
        Task drained = run.Leases.WaitUntilEmptyAsync(either.Token);
        await drained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return drained.IsCompletedSuccessfully;
    }

    private async ValueTask<bool> RunFetchedAsync(LocalLimiter? limiter, CancellationToken stopping)
    {
        var lease = new Lease(run.Queue.Ids.Next(), run.Queue.Options.LeaseDuration);
        ExchangeResult result = await FetchOneAsync(lease, stopping).ConfigureAwait(false);
        await run.TakeUpAsync(lease, result.Deliveries, limiter, stopping).ConfigureAwait(false);
        await run.Leases.WaitUntilEmptyAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return result.Deliveries.Count > 0;
    }

    /// <summary>Asks again under the same lease: one whose reply was lost would run out, which may be the suspect's last crash.</summary>
    private async ValueTask<ExchangeResult> FetchOneAsync(Lease lease, CancellationToken stopping)
    {
        var request = new FetchRequest(lease, 1, TimeSpan.Zero, Suspect: true);
        for (int failures = 1; ; failures++)
        {
            TimeSpan delay = RetryPacer.DelayAfter(failures);
            try
            {
                return await run.Queue.Backend.ExchangeAsync([], request, stopping).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever the store's client throws.
            catch (Exception error) when (failures < MaxTries && !stopping.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.FetchFailed(run.Logger, error, run.Queue.Name, delay);
            }

            await _pacer.WaitAsync(delay, stopping).ConfigureAwait(false);
        }
    }
}

using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>Runs a message that may kill its process while this process runs nothing else of the queue.</summary>
/// <remarks>
/// 1. Close the gate: no fetcher fetches. 2. Wait until nothing is held here, though not for ever: one long handler must
/// not stop the queue; each try is twice as patient as the one before. 3. Fetch one suspect and wait until it is
/// finished. 4. Open the gate.
/// </remarks>
internal sealed class SuspectGate(ConsumerRun run)
{
    private static readonly TimeSpan FirstPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;
    private TimeSpan _patience = FirstPatience;

    /// <summary>Ends when the gate is open, or the token is cancelled.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _closed) is { } gate && !cancellationToken.IsCancellationRequested)
        {
            await gate.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs one suspect, unless another fetcher is about to.</summary>
    public async ValueTask RunOneAsync(CancellationToken stopping)
    {
        TaskCompletionSource gate;
        lock (_lock)
        {
            if (_closed is not null)
            {
                return;
            }

            _closed = gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            Log.SuspectsWaiting(run.Logger, run.Queue.Name);
            if (await DrainAsync(_patience, stopping).ConfigureAwait(false))
            {
                _patience = FirstPatience;
                await FetchOneAsync(stopping).ConfigureAwait(false);
            }
            else
            {
                _patience *= 2;
            }
        }
        finally
        {
            Volatile.Write(ref _closed, null);
            gate.SetResult();
        }

        if (run.Leases.Held > 0)
        {
            // The drain failed. Other messages may run now; without this wait the store would report the suspect at once.
            await Task.Delay(Pause, run.TimeProvider, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask<bool> DrainAsync(TimeSpan patience, CancellationToken stopping)
    {
        using var enough = new CancellationTokenSource(patience, run.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, stopping);
        Task drained = run.Leases.WaitUntilEmptyAsync(either.Token);
        await drained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return drained.IsCompletedSuccessfully;
    }

    private async ValueTask FetchOneAsync(CancellationToken stopping)
    {
        var lease = new Lease(run.Queue.Ids.Next(), run.Queue.Options.LeaseDuration);
        var request = new FetchRequest(lease, 1, TimeSpan.Zero, Suspect: true);
        ExchangeResult result = await run.Queue.Backend.ExchangeAsync([], request, stopping).ConfigureAwait(false);
        run.Hold(lease, result.Deliveries);
        run.Offer(result.Deliveries);
        await run.Leases.WaitUntilEmptyAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

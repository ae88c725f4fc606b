using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using TaskQ.Telemetry;

namespace TaskQ.Dispatch;

/// <summary>A delivery's run as the consumer sees it: its token, why that was cancelled, and the permit that it holds.</summary>
internal sealed class RunningHandler
{
    /// <summary>How long a handler whose time is up may take to notice before its slot is taken from it.</summary>
    public static readonly TimeSpan AbandonGrace = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private CancellationTokenSource? _source;
    private ITimer? _timer;
    private TaskCompletionSource? _abandoned;
    private CancelReason _reason;

    /// <summary>The permit of the local rate limiter, given back when the run ends.</summary>
    public RateLimitLease? Permit { get; set; }

    /// <summary>Why it was cancelled; the first reason stands.</summary>
    public CancelReason Reason
    {
        get
        {
            lock (_lock)
            {
                return _reason;
            }
        }
    }

    /// <summary>Ends when the handler has outstayed its timeout and the grace after it; never without a timeout.</summary>
    public Task? Abandoned => _abandoned?.Task;

    /// <summary>The handler's token; cancelled already if the run was cancelled before it began.</summary>
    public CancellationToken Begin(TimeSpan? timeout, TimeProvider timeProvider)
    {
        var source = new CancellationTokenSource();
        bool cancelled;
        lock (_lock)
        {
            _source = source;
            if (_reason == CancelReason.Timeout)
            {
                // That was the handler's time; a fallback handler has its own.
                _reason = CancelReason.None;
            }

            cancelled = _reason != CancelReason.None;
            if (timeout is { } limit)
            {
                _abandoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _timer = timeProvider.CreateTimer(
                    static state => ((RunningHandler)state!).OnTimer(), this, limit, Timeout.InfiniteTimeSpan);
            }
        }

        if (cancelled)
        {
            source.Cancel();
        }

        return source.Token;
    }

    /// <summary>Cancels the handler's token; does nothing when it is cancelled already or the run has ended.</summary>
    public void Cancel(CancelReason reason)
    {
        CancellationTokenSource? source;
        lock (_lock)
        {
            if (_reason != CancelReason.None)
            {
                return;
            }

            _reason = reason;
            source = _source;
        }

        // Not on this thread: a registration of the user's may block, and the caller beats for every other message.
        if (source is not null)
        {
            _ = CancelAsync(source);
        }
    }

    /// <summary>Gives the permit back. The limiter is the user's; if it fails, the message must be settled all the same.</summary>
    public void ReleasePermit(ILogger logger)
    {
        try
        {
            Permit?.Dispose();
        }
#pragma warning disable CA1031 // It may throw anything.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.PermitFailed(logger, error);
        }
    }

    /// <summary>Ends the run: no cancellation reaches the handler from here on.</summary>
    public void End()
    {
        lock (_lock)
        {
            _source = null;
            _timer?.Dispose();
            _timer = null;
        }
    }

    private static async Task CancelAsync(CancellationTokenSource source) =>
        // What a registration of the user's throws is not the run's outcome, which the handler decides.
        await source.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void OnTimer()
    {
        bool first;
        lock (_lock)
        {
            if (_timer is null)
            {
                return;
            }

            first = _reason == CancelReason.None;
            if (first)
            {
                _timer.Change(AbandonGrace, Timeout.InfiniteTimeSpan);
            }
        }

        if (first)
        {
            Cancel(CancelReason.Timeout);
        }
        else
        {
            _abandoned!.TrySetResult();
        }
    }
}

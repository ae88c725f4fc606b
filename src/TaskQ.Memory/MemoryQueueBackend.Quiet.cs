using TaskQ.Memory.Store;

namespace TaskQ.Memory;

/// <summary>For the harness: whether anything can happen before the clock moves.</summary>
internal sealed partial class MemoryQueueBackend
{
    private TaskCompletionSource? _quiet;

    /// <summary>When the first delayed message is due or the next permit of the rate limit comes, null when nothing waits for the clock.</summary>
    internal DateTimeOffset? NextEvent
    {
        get
        {
            lock (_lock)
            {
                PromoteDue(int.MaxValue);
                long? due = _delayed.Peek()?.DueTicks;
                if (_rate is not null && Waiting > _delayed.Count && !_paused)
                {
                    long permit = UtcNow() + Math.Max(0, _rate.NextPermit() - Now());
                    due = Math.Min(due ?? permit, permit);
                }

                return due is { } ticks ? Ticks.ToTime(ticks) : null;
            }
        }
    }

    /// <summary>Whether nothing runs, and nothing that waits may start now.</summary>
    internal bool IsQuiet
    {
        get
        {
            lock (_lock)
            {
                return IsQuietNow();
            }
        }
    }

    /// <summary>Ends when the queue is quiet.</summary>
    internal Task WaitUntilQuietAsync()
    {
        lock (_lock)
        {
            if (IsQuietNow())
            {
                return Task.CompletedTask;
            }

            _quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _quiet.Task;
        }
    }

    private bool IsQuietNow()
    {
        PromoteDue(int.MaxValue);
        bool mayStart = _ready.Count + _suspects.Count > 0 && !_paused && (_rate is null || _rate.Available(Now()) > 0);
        return _disposed || (_inFlight == 0 && !mayStart);
    }

    /// <summary>Called after everything that may make the queue quiet.</summary>
    private void ReportQuiet()
    {
        if (_quiet is not null && IsQuietNow())
        {
            _quiet.SetResult();
            _quiet = null;
        }
    }
}

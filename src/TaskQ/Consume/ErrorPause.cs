namespace TaskQ.Consume;

/// <summary>Pauses fetching after too many failures in a row.</summary>
internal sealed class ErrorPause(int threshold, TimeSpan duration, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _pause;
    private ITimer? _timer;
    private int _failures;

    public bool IsPaused => Volatile.Read(ref _pause) is not null;

    public void OnSuccess()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            End();
        }
    }

    /// <summary>Counts a failure; true when it begins a pause.</summary>
    public bool OnFailure()
    {
        lock (_lock)
        {
            if (++_failures < threshold || _pause is not null)
            {
                return false;
            }

            TaskCompletionSource pause = _pause = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _timer = timeProvider.CreateTimer(_ => End(pause), null, duration, Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Ends when there is no pause, or the token is cancelled.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _pause) is { } pause && !cancellationToken.IsCancellationRequested)
        {
            await pause.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends the pause and counts anew.</summary>
    public void End() => End(null);

    /// <param name="only">The pause to end, if it is still the current one; null for any. A timer that fires late must not end the next.</param>
    private void End(TaskCompletionSource? only)
    {
        TaskCompletionSource? pause;
        lock (_lock)
        {
            if (only is not null && only != _pause)
            {
                return;
            }

            _failures = 0;
            pause = _pause;
            _pause = null;
            _timer?.Dispose();
            _timer = null;
        }

        pause?.SetResult();
    }
}

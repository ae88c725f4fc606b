using System.Threading.Tasks.Sources;

namespace TaskQ.Consume;

/// <summary>What an idle worker waits on: one waiter, used again for each wait.</summary>
internal sealed class WorkerSignal : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    public void Reset() => _core.Reset();

    /// <summary>Ends the wait.</summary>
    /// <param name="hasWork">Whether there is a message to take.</param>
    public void Set(bool hasWork) => _core.SetResult(hasWork);

    public ValueTask<bool> WaitAsync() => new(this, _core.Version);

    bool IValueTaskSource<bool>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

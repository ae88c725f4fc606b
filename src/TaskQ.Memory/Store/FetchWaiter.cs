using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>A fetch that waits. Only its signal is set from outside; it takes its messages itself when it runs.</summary>
internal sealed class FetchWaiter(FetchRequest request, long deadline)
{
    private TaskCompletionSource _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FetchRequest Request { get; } = request;

    /// <summary>When it gives up, by the backend's monotonic clock.</summary>
    public long Deadline { get; } = deadline;

    public Task Signalled => _signal.Task;

    /// <summary>Whether it was woken for ready messages, so that nobody else is until it has looked.</summary>
    public bool HoldsWake { get; set; }

    /// <summary>Whether it must end with what there is.</summary>
    public bool MustEnd { get; set; }

    public void Signal() => _signal.TrySetResult();

    public void Rearm() => _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

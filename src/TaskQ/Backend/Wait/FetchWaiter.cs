namespace TaskQ.Backend.Wait;

/// <summary>A fetch that waits. It goes on in the thread that ends its wait.</summary>
internal sealed class FetchWaiter(long deadline) : TaskCompletionSource<WaitEnd>
{
    /// <summary>When its time is up, in ticks of the room's clock.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>Ends the wait in another thread: for who holds a lock or has other things to do.</summary>
    public void EndElsewhere(WaitEnd end) =>
        ThreadPool.UnsafeQueueUserWorkItem(static ended => ended.Waiter.TrySetResult(ended.End), (Waiter: this, End: end), preferLocal: false);
}

namespace TaskQ.Redis.Wait;

/// <summary>A fetch that waits.</summary>
internal sealed class FetchWaiter(long deadline)
    : TaskCompletionSource<WaitEnd>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>When its time is up, in ticks of the room's clock.</summary>
    public long Deadline { get; } = deadline;
}

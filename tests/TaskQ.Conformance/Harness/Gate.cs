namespace TaskQ.Conformance.Harness;

/// <summary>Holds handlers until it is opened.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _opened.TrySetResult();

    /// <summary>Waits for the gate; without a token the wait ignores every cancellation.</summary>
    public Task WaitAsync(CancellationToken cancellationToken = default) => _opened.Task.WaitAsync(cancellationToken);
}

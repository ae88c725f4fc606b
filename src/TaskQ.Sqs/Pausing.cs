namespace TaskQ.Sqs;

/// <summary>Whether fetching is paused in this process, until that changes.</summary>
internal sealed class Pausing(bool isPaused) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();

    public bool IsPaused { get; } = isPaused;

    /// <summary>Completes when another state follows.</summary>
    public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when another state follows.</summary>
    public CancellationToken Ended => _ended.Token;

    public void End()
    {
        Changed.TrySetResult();
        _ended.Cancel();
    }

    public void Dispose() => _ended.Dispose();
}

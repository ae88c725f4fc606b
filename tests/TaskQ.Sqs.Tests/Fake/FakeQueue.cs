namespace TaskQ.Sqs.Tests.Fake;

/// <summary>A queue of the fake service; its owner's lock guards it.</summary>
internal sealed class FakeQueue(string url)
{
    public string Url { get; } = url;

    public Dictionary<string, string> Attributes { get; } = [];

    public List<FakeMessage> Messages { get; } = [];

    public Dictionary<string, (DateTimeOffset Until, string Id)> Deduplicated { get; } = [];

    public bool IsFifo => Url.EndsWith(".fifo", StringComparison.Ordinal);

    /// <summary>Completes when something may be visible that was not.</summary>
    public TaskCompletionSource Changed { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Wake()
    {
        Changed.TrySetResult();
        Changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

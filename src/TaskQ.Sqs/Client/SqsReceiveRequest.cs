namespace TaskQ.Sqs.Client;

/// <summary>What to receive.</summary>
public sealed class SqsReceiveRequest
{
    /// <summary>How many messages at most, from 1 to 10. The default is 10.</summary>
    public int MaxMessages { get; init; } = 10;

    /// <summary>How long to wait for the first, whole seconds from 0 to 20. The default is 20 s.</summary>
    public TimeSpan WaitTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long they stay hidden, whole seconds up to 12 hours. The default is null: the queue's own.</summary>
    public TimeSpan? VisibilityTimeout { get; init; }
}

namespace TaskQ.Sqs.Client;

/// <summary>A message to send.</summary>
public sealed class SqsOutgoingMessage
{
    /// <summary>The body: at least one of the characters that SQS allows.</summary>
    public required string Body { get; init; }

    /// <summary>How long it stays hidden at first, whole seconds up to 15 minutes; null for the queue's own. FIFO queues take null only.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Its attributes by name, at most 10.</summary>
    public IReadOnlyDictionary<string, SqsAttributeValue>? Attributes { get; init; }

    /// <summary>The group whose order a FIFO queue keeps; required there.</summary>
    public string? MessageGroupId { get; init; }

    /// <summary>What a FIFO queue knows a repeated send by, for 5 minutes.</summary>
    public string? DeduplicationId { get; init; }
}

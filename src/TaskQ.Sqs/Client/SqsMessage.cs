namespace TaskQ.Sqs.Client;

/// <summary>A received message.</summary>
public sealed class SqsMessage
{
    /// <summary>The id that the service gave it.</summary>
    public required string MessageId { get; init; }

    /// <summary>What this receipt is settled by; another one follows with the next receipt.</summary>
    public required string ReceiptHandle { get; init; }

    /// <summary>The body.</summary>
    public required string Body { get; init; }

    /// <summary>How often it was received, this time included; zero when the service does not say.</summary>
    public int ReceiveCount { get; init; }

    /// <summary>When it was sent; null when the service does not say.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When it was first received; null when the service does not say.</summary>
    public DateTimeOffset? FirstReceivedAt { get; init; }

    /// <summary>Its group in a FIFO queue, null elsewhere.</summary>
    public string? MessageGroupId { get; init; }

    /// <summary>Its place in a FIFO queue, null elsewhere.</summary>
    public string? SequenceNumber { get; init; }

    /// <summary>Its attributes by name.</summary>
    public required IReadOnlyDictionary<string, SqsAttributeValue> Attributes { get; init; }
}

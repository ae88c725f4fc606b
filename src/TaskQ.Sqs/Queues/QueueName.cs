namespace TaskQ.Sqs.Queues;

/// <summary>The name in SQS of a queue.</summary>
/// <remarks>https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html</remarks>
internal static class QueueName
{
    public const string FifoSuffix = ".fifo";

    /// <summary>What the queue of the dead letters has behind the name of its queue.</summary>
    public const string DeadSuffix = "-dead";

    private const int MaxLength = 80;

    /// <exception cref="ArgumentException">SQS allows no such name.</exception>
    public static string Of(string? prefix, string queue, bool isFifo)
    {
        if (queue.Contains('.', StringComparison.Ordinal))
        {
            throw new ArgumentException($"The queue '{queue}' can't be one of SQS: its name must be without a full stop.");
        }

        string name = prefix + queue + (isFifo ? FifoSuffix : "");
        return name.Length <= MaxLength
            ? name
            : throw new ArgumentException($"The queue '{queue}' can't be one of SQS: '{name}' has {name.Length} characters, and {MaxLength} are allowed.");
    }
}

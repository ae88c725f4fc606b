namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>How a message left the queue for good.</summary>
internal enum MessageEnd
{
    Completed,
    Cancelled,
    Purged,

    /// <summary>It was a dead letter, which an operator deleted.</summary>
    Deleted,

    /// <summary>It was a dead letter that was too old, or one too many.</summary>
    Trimmed,
}

namespace TaskQ.Sqs.Client;

/// <summary>What became of a message that was sent.</summary>
/// <param name="MessageId">The id that the service gave it, null when it was not accepted.</param>
/// <param name="SequenceNumber">Its place in a FIFO queue, null elsewhere.</param>
/// <param name="Error">Why it was not accepted, null when it was.</param>
public readonly record struct SqsSendResult(string? MessageId, string? SequenceNumber, SqsEntryError? Error);

namespace TaskQ.Sqs.Client;

/// <summary>What a receive brought.</summary>
/// <param name="Messages">The messages whose checksums are right.</param>
/// <param name="Damaged">Messages that differ from their checksums; they come again when their time is over, or when it is set to zero.</param>
public sealed record SqsReceived(IReadOnlyList<SqsMessage> Messages, IReadOnlyList<SqsMessage> Damaged);

namespace TaskQ.Sqs.Client;

/// <summary>How long a received message stays hidden from now on.</summary>
/// <param name="ReceiptHandle">The handle of its latest receipt.</param>
/// <param name="Timeout">The time, whole seconds up to 12 hours since it was received; zero shows it at once.</param>
public readonly record struct SqsVisibilityChange(string ReceiptHandle, TimeSpan Timeout);

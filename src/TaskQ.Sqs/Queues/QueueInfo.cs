namespace TaskQ.Sqs.Queues;

/// <summary>A queue as the service has it.</summary>
/// <param name="Name">Its name in SQS.</param>
/// <param name="Url">What calls name it by.</param>
/// <param name="Arn">What a redrive policy names it by.</param>
/// <param name="MaxMessageSize">The largest message in bytes of UTF-8, attributes included.</param>
/// <param name="VisibilityTimeout">How long a received message stays hidden unless the receive says otherwise.</param>
/// <param name="Redrive">Where messages go that are received too often, null when nowhere.</param>
internal sealed record QueueInfo(string Name, string Url, string Arn, int MaxMessageSize, TimeSpan VisibilityTimeout, RedrivePolicy? Redrive);

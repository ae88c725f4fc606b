using System.Globalization;
using System.Text.Json;

namespace TaskQ.Sqs.Queues;

/// <summary>Where SQS moves messages that are received too often.</summary>
/// <remarks>https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html</remarks>
/// <param name="DeadLetterArn">The queue.</param>
/// <param name="MaxReceiveCount">After how many receives.</param>
internal sealed record RedrivePolicy(string DeadLetterArn, int MaxReceiveCount)
{
    /// <summary>The value of the queue's attribute.</summary>
    public string ToJson() => $$"""{"deadLetterTargetArn":"{{DeadLetterArn}}","maxReceiveCount":"{{MaxReceiveCount}}"}""";

    /// <summary>Reads the queue's attribute; the count comes as a number or as text.</summary>
    public static RedrivePolicy? Parse(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return null;
        }

        using var policy = JsonDocument.Parse(json);
        return new RedrivePolicy(
            policy.RootElement.GetProperty("deadLetterTargetArn").GetString()!,
            int.Parse(policy.RootElement.GetProperty("maxReceiveCount").ToString(), CultureInfo.InvariantCulture));
    }
}

using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Tests.Fake;

/// <summary>A message of the fake service.</summary>
internal sealed class FakeMessage
{
    public required string Id { get; init; }

    public required SqsOutgoingMessage Sent { get; init; }

    public required DateTimeOffset SentAt { get; init; }

    public required DateTimeOffset VisibleAt { get; set; }

    public DateTimeOffset? ReceivedAt { get; set; }

    public DateTimeOffset? FirstReceivedAt { get; set; }

    public int Receives { get; set; }

    /// <summary>The handle of its latest receipt, null before the first.</summary>
    public string? Handle { get; set; }
}

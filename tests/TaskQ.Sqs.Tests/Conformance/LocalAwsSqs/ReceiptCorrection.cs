using System.Collections.Concurrent;
using System.Globalization;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Faults;

namespace TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;

/// <summary>
/// Corrects two faults of local-aws-sqs 2.0.2, which AWS does not have: its number of messages includes those that are in flight,
/// and a change of visibility counts as a receive.
/// </summary>
internal sealed class ReceiptCorrection
{
    private const string Ready = "ApproximateNumberOfMessages";
    private const string InFlight = "ApproximateNumberOfMessagesNotVisible";

    private readonly ConcurrentDictionary<string, string> _messages = [];
    private readonly ConcurrentDictionary<string, int> _changes = [];

    /// <summary>A client that all processes of a test correct together.</summary>
    public FaultySqs Wrap(ISqsClient client) => new(client)
    {
        OnAttributes = async (names, next) =>
        {
            IReadOnlyDictionary<string, string> values = await next(names);
            if (!values.TryGetValue(Ready, out string? ready) || !values.TryGetValue(InFlight, out string? inFlight))
            {
                return values;
            }

            int visible = int.Parse(ready, CultureInfo.InvariantCulture) - int.Parse(inFlight, CultureInfo.InvariantCulture);
            return new Dictionary<string, string>(values) { [Ready] = visible.ToString(CultureInfo.InvariantCulture) };
        },
        OnReceive = async (request, next) =>
        {
            SqsReceived received = await next(request);
            return received with { Messages = [.. received.Messages.Select(Correct)] };
        },
        OnChange = async (changes, next) =>
        {
            IReadOnlyList<SqsEntryError?> errors = await next(changes);
            foreach (SqsVisibilityChange change in changes)
            {
                if (_messages.TryGetValue(change.ReceiptHandle, out string? id))
                {
                    _changes.AddOrUpdate(id, 1, static (_, count) => count + 1);
                }
            }

            return errors;
        },
    };

    private SqsMessage Correct(SqsMessage message)
    {
        _messages[message.ReceiptHandle] = message.MessageId;
        return new SqsMessage
        {
            MessageId = message.MessageId,
            ReceiptHandle = message.ReceiptHandle,
            Body = message.Body,
            ReceiveCount = message.ReceiveCount - _changes.GetValueOrDefault(message.MessageId),
            SentAt = message.SentAt,
            FirstReceivedAt = message.FirstReceivedAt,
            MessageGroupId = message.MessageGroupId,
            SequenceNumber = message.SequenceNumber,
            Attributes = message.Attributes,
        };
    }
}

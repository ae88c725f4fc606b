using System.Globalization;
using System.Text.Json;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Protocol;

/// <summary>The answers in the AWS JSON 1.0 protocol. A member that is missing or of another type is a <see cref="JsonException"/>.</summary>
internal static class Replies
{
    public static string QueueUrl(JsonElement reply) => Text(reply, "QueueUrl");

    public static Dictionary<string, string> Attributes(JsonElement reply)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        if (TryGet(reply, "Attributes", JsonValueKind.Object, out JsonElement members))
        {
            foreach (JsonProperty member in members.EnumerateObject())
            {
                attributes[member.Name] = member.Value.ToString();
            }
        }

        return attributes;
    }

    /// <summary>What became of a message that was sent alone; a wrong checksum is an error of it.</summary>
    public static SqsSendResult Sent(JsonElement reply, SqsOutgoingMessage message)
    {
        string? wrong = WrongChecksum(reply, "MD5OfMessageBody", "MD5OfMessageAttributes", message.Body, message.Attributes);
        return new SqsSendResult(
            Text(reply, "MessageId"),
            OptionalText(reply, "SequenceNumber"),
            wrong is null ? null : new SqsEntryError(SqsErrors.ChecksumMismatch, wrong, IsSenderFault: false));
    }

    public static SqsSendResult[] SentBatch(JsonElement reply, IReadOnlyList<SqsOutgoingMessage> messages)
    {
        var results = new SqsSendResult[messages.Count];
        SqsEntryError?[] errors = EntryErrors(reply, messages.Count, (index, entry) => results[index] = Sent(entry, messages[index]));
        for (int i = 0; i < results.Length; i++)
        {
            if (errors[i] is { } error)
            {
                results[i] = new SqsSendResult(null, null, error);
            }
        }

        return results;
    }

    /// <summary>The errors of a batch by place; an entry that the answer does not name has failed, as far as one knows.</summary>
    public static SqsEntryError?[] EntryErrors(JsonElement reply, int count, Action<int, JsonElement>? succeeded = null)
    {
        var errors = new SqsEntryError?[count];
        Array.Fill(errors, new SqsEntryError(SqsErrors.NoAnswer, "The answer does not name this entry.", IsSenderFault: false));
        foreach (JsonElement entry in Items(reply, "Successful"))
        {
            if (Place(entry, count) is { } index)
            {
                errors[index] = null;
                succeeded?.Invoke(index, entry);
            }
        }

        foreach (JsonElement entry in Items(reply, "Failed"))
        {
            if (Place(entry, count) is { } index)
            {
                bool isSenderFault = entry.TryGetProperty("SenderFault", out JsonElement fault) && fault.ValueKind == JsonValueKind.True;
                errors[index] = new SqsEntryError(Text(entry, "Code"), OptionalText(entry, "Message") ?? "", isSenderFault);
            }
        }

        return errors;
    }

    public static SqsReceived Received(JsonElement reply)
    {
        List<SqsMessage>? messages = null;
        List<SqsMessage>? damaged = null;
        foreach (JsonElement item in Items(reply, "Messages"))
        {
            SqsMessage message = Message(item);
            string? wrong = WrongChecksum(item, "MD5OfBody", "MD5OfMessageAttributes", message.Body, message.Attributes);
            (wrong is null ? messages ??= [] : damaged ??= []).Add(message);
        }

        return new SqsReceived(messages ?? [], damaged ?? []);
    }

    private static SqsMessage Message(JsonElement item)
    {
        JsonElement? system = TryGet(item, "Attributes", JsonValueKind.Object, out JsonElement found) ? found : null;
        return new SqsMessage
        {
            MessageId = Text(item, "MessageId"),
            ReceiptHandle = Text(item, "ReceiptHandle"),
            Body = Text(item, "Body"),
            ReceiveCount = (int)Math.Min(Number(system, "ApproximateReceiveCount") ?? 0, int.MaxValue),
            SentAt = Time(system, "SentTimestamp"),
            FirstReceivedAt = Time(system, "ApproximateFirstReceiveTimestamp"),
            MessageGroupId = system is { } s ? OptionalText(s, "MessageGroupId") : null,
            SequenceNumber = system is { } t ? OptionalText(t, "SequenceNumber") : null,
            Attributes = MessageAttributes(item),
        };
    }

    private static Dictionary<string, SqsAttributeValue> MessageAttributes(JsonElement item)
    {
        var attributes = new Dictionary<string, SqsAttributeValue>(StringComparer.Ordinal);
        if (TryGet(item, "MessageAttributes", JsonValueKind.Object, out JsonElement members))
        {
            foreach (JsonProperty member in members.EnumerateObject())
            {
                attributes[member.Name] = AttributeValue(member.Value);
            }
        }

        return attributes;
    }

    private static SqsAttributeValue AttributeValue(JsonElement value)
    {
        string dataType = Text(value, "DataType");
        if (!dataType.StartsWith("Binary", StringComparison.Ordinal))
        {
            return new SqsAttributeValue { DataType = dataType, Text = Text(value, "StringValue") };
        }

        return TryGet(value, "BinaryValue", JsonValueKind.String, out JsonElement bytes) && bytes.TryGetBytesFromBase64(out byte[]? decoded)
            ? new SqsAttributeValue { DataType = dataType, Bytes = decoded }
            : throw new JsonException("'BinaryValue' is not base64.");
    }

    // An answer without a checksum of the body is not one of SQS; one of attributes is there only with attributes.
    private static string? WrongChecksum(
        JsonElement reply,
        string bodyMember,
        string attributesMember,
        string body,
        IReadOnlyDictionary<string, SqsAttributeValue>? attributes)
    {
        if (!string.Equals(OptionalText(reply, bodyMember), Checksum.OfBody(body), StringComparison.OrdinalIgnoreCase))
        {
            return "The checksum of the body is not that of the message.";
        }

        return attributes is { Count: > 0 }
            && OptionalText(reply, attributesMember) is { } digest
            && !string.Equals(digest, Checksum.OfAttributes(attributes), StringComparison.OrdinalIgnoreCase)
            ? "The checksum of the attributes is not that of the message."
            : null;
    }

    private static int? Place(JsonElement entry, int count) =>
        int.TryParse(Text(entry, "Id"), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < count ? index : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string name) =>
        TryGet(parent, name, JsonValueKind.Array, out JsonElement items) ? items.EnumerateArray() : default;

    private static DateTimeOffset? Time(JsonElement? parent, string name) =>
        Number(parent, name) is { } milliseconds and <= 253_402_300_799_999 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static long? Number(JsonElement? parent, string name) =>
        parent is { } attributes
        && OptionalText(attributes, name) is { } text
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : null;

    private static string Text(JsonElement parent, string name) =>
        OptionalText(parent, name) ?? throw new JsonException($"'{name}' is missing.");

    private static string? OptionalText(JsonElement parent, string name)
    {
        if (!TryGet(parent, name, JsonValueKind.String, out JsonElement value))
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException($"'{name}' is not text.", error);
        }
    }

    private static bool TryGet(JsonElement parent, string name, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("The answer holds something else than an object.");
        }

        if (!parent.TryGetProperty(name, out value) || value.ValueKind == JsonValueKind.Null)
        {
            return false;
        }

        return value.ValueKind == kind ? true : throw new JsonException($"'{name}' is of another type.");
    }
}

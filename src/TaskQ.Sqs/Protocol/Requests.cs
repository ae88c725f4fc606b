using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Protocol;

/// <summary>The bodies of requests in the AWS JSON 1.0 protocol.</summary>
/// <remarks>
/// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
/// </remarks>
internal static class Requests
{
    // Nothing of it is put into a page; the strict encoder would make six bytes of each '+'.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static byte[] CreateQueue(string queueName, IReadOnlyDictionary<string, string> attributes) =>
        Write((queueName, attributes), static (json, state) =>
        {
            json.WriteString("QueueName", state.queueName);
            json.WriteStartObject("Attributes");
            foreach (var (name, value) in state.attributes)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        });

    public static byte[] GetQueueUrl(string queueName) =>
        Write(queueName, static (json, name) => json.WriteString("QueueName", name));

    public static byte[] OfQueue(string queueUrl) =>
        Write(queueUrl, static (json, url) => json.WriteString("QueueUrl", url));

    public static byte[] GetQueueAttributes(string queueUrl, IReadOnlyList<string> names) =>
        Write((queueUrl, names), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            WriteNames(json, "AttributeNames", state.names);
        });

    public static byte[] Send(string queueUrl, SqsOutgoingMessage message) =>
        Write((queueUrl, message), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            WriteMessage(json, state.message);
        });

    public static byte[] SendBatch(string queueUrl, IReadOnlyList<SqsOutgoingMessage> messages) =>
        WriteBatch(queueUrl, messages, static (json, message) => WriteMessage(json, message));

    public static byte[] Receive(string queueUrl, SqsReceiveRequest request) =>
        Write((queueUrl, request), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            json.WriteNumber("MaxNumberOfMessages", state.request.MaxMessages);
            json.WriteNumber("WaitTimeSeconds", Seconds(state.request.WaitTime));
            if (state.request.VisibilityTimeout is { } visibility)
            {
                json.WriteNumber("VisibilityTimeout", Seconds(visibility));
            }

            WriteNames(json, "MessageAttributeNames", ["All"]);
            // The older name too: not every server of the protocol knows the newer one.
            WriteNames(json, "AttributeNames", ["All"]);
            WriteNames(json, "MessageSystemAttributeNames", ["All"]);
        });

    public static byte[] Delete(string queueUrl, string receiptHandle) =>
        Write((queueUrl, receiptHandle), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            json.WriteString("ReceiptHandle", state.receiptHandle);
        });

    public static byte[] DeleteBatch(string queueUrl, IReadOnlyList<string> receiptHandles) =>
        WriteBatch(queueUrl, receiptHandles, static (json, handle) => json.WriteString("ReceiptHandle", handle));

    public static byte[] ChangeVisibility(string queueUrl, SqsVisibilityChange change) =>
        Write((queueUrl, change), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            WriteChange(json, state.change);
        });

    public static byte[] ChangeVisibilityBatch(string queueUrl, IReadOnlyList<SqsVisibilityChange> changes) =>
        WriteBatch(queueUrl, changes, static (json, change) => WriteChange(json, change));

    /// <summary>The name of a batch's entry: its place.</summary>
    public static string EntryId(int index) => index.ToString(CultureInfo.InvariantCulture);

    private static byte[] WriteBatch<T>(string queueUrl, IReadOnlyList<T> entries, Action<Utf8JsonWriter, T> writeEntry) =>
        Write((queueUrl, entries, writeEntry), static (json, state) =>
        {
            json.WriteString("QueueUrl", state.queueUrl);
            json.WriteStartArray("Entries");
            for (int i = 0; i < state.entries.Count; i++)
            {
                json.WriteStartObject();
                json.WriteString("Id", EntryId(i));
                state.writeEntry(json, state.entries[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

    private static void WriteMessage(Utf8JsonWriter json, SqsOutgoingMessage message)
    {
        json.WriteString("MessageBody", message.Body);
        if (message.Delay is { } delay)
        {
            json.WriteNumber("DelaySeconds", Seconds(delay));
        }

        if (message.MessageGroupId is { } group)
        {
            json.WriteString("MessageGroupId", group);
        }

        if (message.DeduplicationId is { } id)
        {
            json.WriteString("MessageDeduplicationId", id);
        }

        if (message.Attributes is { Count: > 0 } attributes)
        {
            WriteAttributes(json, attributes);
        }
    }

    private static void WriteAttributes(Utf8JsonWriter json, IReadOnlyDictionary<string, SqsAttributeValue> attributes)
    {
        json.WriteStartObject("MessageAttributes");
        foreach (var (name, value) in attributes)
        {
            json.WriteStartObject(name);
            json.WriteString("DataType", value.DataType);
            if (value.Text is null)
            {
                json.WriteBase64String("BinaryValue", value.Bytes.Span);
            }
            else
            {
                json.WriteString("StringValue", value.Text);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteChange(Utf8JsonWriter json, SqsVisibilityChange change)
    {
        json.WriteString("ReceiptHandle", change.ReceiptHandle);
        json.WriteNumber("VisibilityTimeout", Seconds(change.Timeout));
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IReadOnlyList<string> names)
    {
        json.WriteStartArray(property);
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    // Rounded up: a message is never shown too early.
    private static int Seconds(TimeSpan time) => checked((int)Math.Ceiling(time.TotalSeconds));

    private static byte[] Write<T>(T state, Action<Utf8JsonWriter, T> writeMembers)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            writeMembers(json, state);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}

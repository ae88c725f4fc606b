using System.Text;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Protocol;

/// <summary>What a message counts towards the limits of its queue and of a batch: the body and the attributes' names, types and values.</summary>
/// <remarks>https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html</remarks>
internal static class MessageSize
{
    /// <summary>The size in bytes of UTF-8; escapes of the protocol don't count.</summary>
    public static long Of(SqsOutgoingMessage message)
    {
        long size = Encoding.UTF8.GetByteCount(message.Body);
        if (message.Attributes is { } attributes)
        {
            foreach (var (name, value) in attributes)
            {
                size += Encoding.UTF8.GetByteCount(name)
                    + Encoding.UTF8.GetByteCount(value.DataType)
                    + (value.Text is null ? value.Bytes.Length : Encoding.UTF8.GetByteCount(value.Text));
            }
        }

        return size;
    }
}

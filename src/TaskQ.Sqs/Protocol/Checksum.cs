using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Protocol;

/// <summary>The MD5 digests by which SQS says what it stored; against damage, not against an attacker.</summary>
/// <remarks>
/// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
/// </remarks>
internal static class Checksum
{
    private const byte TextTransport = 1;
    private const byte BytesTransport = 2;

    public static string OfBody(string body)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(body.Length));
        int length = Encoding.UTF8.GetBytes(body, buffer);
        string digest = Hash(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return digest;
    }

    /// <summary>Sorted by name: the name, the data type, the transport type and the value, each with its length before it.</summary>
    public static string OfAttributes(IReadOnlyDictionary<string, SqsAttributeValue> attributes)
    {
        string[] names = [.. attributes.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        var text = new ArrayBufferWriter<byte>();
        foreach (string name in names)
        {
            SqsAttributeValue value = attributes[name];
            Write(text, name);
            Write(text, value.DataType);
            text.Write([value.Text is null ? BytesTransport : TextTransport]);
            if (value.Text is null)
            {
                WriteLength(text, value.Bytes.Length);
                text.Write(value.Bytes.Span);
            }
            else
            {
                Write(text, value.Text);
            }
        }

        return Hash(text.WrittenSpan);
    }

    private static void Write(ArrayBufferWriter<byte> text, string value)
    {
        WriteLength(text, Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, text);
    }

    private static void WriteLength(ArrayBufferWriter<byte> text, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(text.GetSpan(sizeof(int)), length);
        text.Advance(sizeof(int));
    }

    private static string Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        // SQS defines these digests as MD5.
#pragma warning disable CA5351
        MD5.HashData(bytes, digest);
#pragma warning restore CA5351
        return Convert.ToHexStringLower(digest);
    }
}

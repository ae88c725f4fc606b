using System.Buffers.Binary;

namespace TaskQ.Sqs.Body;

/// <summary>Frames as text that SQS takes: base85, five characters for four bytes.</summary>
/// <remarks>
/// <para>
/// SQS allows #x9 #xA #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF, and counts UTF-8 bytes
/// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Characters beyond ASCII
/// take two bytes and more, so that the densest text is one of ASCII. Measured for 1 KiB of compressed data, in bytes
/// of text per byte: base64 1.336, base85 1.250, 9 bytes as 11 digits of base 94 1.225, a character per byte 1.603.
/// Base85 without <c>"</c> and <c>\</c> needs no escape in JSON either. Base 94 would need arithmetic on 72 bits and would have to
/// be escaped.
/// </para>
/// <para>
/// The alphabet is that of RFC 1924 (https://www.rfc-editor.org/rfc/rfc1924), the last group is cut short: as Python's
/// <c>base64.b85decode</c> reads it.
/// </para>
/// </remarks>
internal static class BodyText
{
    private const int GroupBytes = 4;
    private const int GroupChars = 5;
    private const uint Base = 85;
    private const byte None = 255;

    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

    private static readonly byte[] Values = ValuesOf(Alphabet);

    /// <summary>How long the text of so many bytes is.</summary>
    public static long LengthOf(int bytes) => ((long)bytes / GroupBytes * GroupChars) + (bytes % GroupBytes is var rest and > 0 ? rest + 1 : 0);

    /// <summary>How many bytes a text of a length can hold.</summary>
    public static int CapacityOf(int length) => (length / GroupChars * GroupBytes) + Math.Max(0, (length % GroupChars) - 1);

    public static string Encode(ReadOnlySpan<byte> frame) =>
        string.Create(checked((int)LengthOf(frame.Length)), frame, static (text, bytes) => Write(bytes, text));

    /// <summary>Reads a text back; only the very text that the bytes are written as is accepted.</summary>
    /// <exception cref="FormatException">The text is not one that <see cref="Encode"/> writes.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        int rest = text.Length % GroupChars;
        if (rest == 1)
        {
            throw new FormatException($"A body of {text.Length} characters is not base85: no bytes have that length.");
        }

        byte[] frame = new byte[CapacityOf(text.Length)];
        int at = 0;
        int end = text.Length - rest;
        for (int i = 0; i < end; i += GroupChars)
        {
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(at), Value(text.Slice(i, GroupChars), i));
            at += GroupBytes;
        }

        if (rest > 0)
        {
            DecodeRest(text[end..], frame.AsSpan(at), end);
        }

        return frame;
    }

    private static void Write(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        int at = 0;
        while (bytes.Length >= GroupBytes)
        {
            WriteGroup(BinaryPrimitives.ReadUInt32BigEndian(bytes), text.Slice(at, GroupChars));
            bytes = bytes[GroupBytes..];
            at += GroupChars;
        }

        if (bytes.Length > 0)
        {
            WriteRest(bytes, text[at..]);
        }
    }

    // Padded with zeros, of which nothing is written.
    private static void WriteRest(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        Span<byte> padded = stackalloc byte[GroupBytes];
        padded.Clear();
        bytes.CopyTo(padded);
        Span<char> group = stackalloc char[GroupChars];
        WriteGroup(BinaryPrimitives.ReadUInt32BigEndian(padded), group);
        group[..text.Length].CopyTo(text);
    }

    private static void DecodeRest(ReadOnlySpan<char> text, Span<byte> bytes, int position)
    {
        // The digits that are missing count as the highest, so that the bytes before them come out right.
        Span<char> group = stackalloc char[GroupChars];
        group.Fill(Alphabet[^1]);
        text.CopyTo(group);
        Span<byte> padded = stackalloc byte[GroupBytes];
        BinaryPrimitives.WriteUInt32BigEndian(padded, Value(group, position));
        padded[..bytes.Length].CopyTo(bytes);

        WriteRest(bytes, group[..text.Length]);
        if (!text.SequenceEqual(group[..text.Length]))
        {
            throw new FormatException($"The body is not base85: its last {text.Length} characters are not how their bytes are written.");
        }
    }

    private static void WriteGroup(uint value, Span<char> text)
    {
        for (int i = GroupChars - 1; i >= 0; i--)
        {
            (value, uint digit) = Math.DivRem(value, Base);
            text[i] = Alphabet[(int)digit];
        }
    }

    private static uint Value(ReadOnlySpan<char> group, int position)
    {
        ulong value = 0;
        foreach (char c in group)
        {
            byte digit = c < Values.Length ? Values[c] : None;
            if (digit == None)
            {
                throw new FormatException($"The body is not base85: U+{(int)c:X4} near character {position}.");
            }

            value = (value * Base) + digit;
        }

        return value <= uint.MaxValue
            ? (uint)value
            : throw new FormatException($"The body is not base85: the group at character {position} is no four bytes.");
    }

    private static byte[] ValuesOf(string alphabet)
    {
        byte[] values = new byte[128];
        Array.Fill(values, None);
        for (int i = 0; i < alphabet.Length; i++)
        {
            values[alphabet[i]] = (byte)i;
        }

        return values;
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using TaskQ.Add.Encode;

namespace TaskQ.Tests.Add;

/// <summary>The part of MessagePack that the tests of the frame need: counts below 16, strings, int and long.</summary>
internal sealed class TestSerializer : IPayloadSerializer
{
    public void WriteCount(IBufferWriter<byte> output, int count)
    {
        output.GetSpan(1)[0] = (byte)(0x90 | count);
        output.Advance(1);
    }

    public int ReadCount(ref ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty || payload.Span[0] is < 0x90 or > 0x9F)
        {
            throw new PayloadException("No array.");
        }

        int count = payload.Span[0] & 0x0F;
        payload = payload[1..];
        return count;
    }

    public PayloadWriter<T> GetWriter<T>() => static (output, value) => Write(output, value);

    public PayloadReader<T> GetReader<T>() => static (ref payload) => (T)Read(ref payload);

    public static void WriteString(IBufferWriter<byte> output, string value)
    {
        var writer = new FieldWriter(output, value.Length + 1);
        if (!writer.TryWriteString(value))
        {
            throw new PayloadException("Not Unicode.");
        }

        writer.Flush();
    }

    public static void WriteInt(IBufferWriter<byte> output, long value)
    {
        Span<byte> room = output.GetSpan(9);
        if (value is >= 0 and < 128)
        {
            room[0] = (byte)value;
            output.Advance(1);
            return;
        }

        room[0] = 0xD3;
        BinaryPrimitives.WriteInt64BigEndian(room[1..], value);
        output.Advance(9);
    }

    private static void Write(IBufferWriter<byte> output, object? value)
    {
        switch (value)
        {
            case string text:
                WriteString(output, text);
                break;
            case int number:
                WriteInt(output, number);
                break;
            case long number:
                WriteInt(output, number);
                break;
            default:
                throw new PayloadException($"A {value?.GetType().Name ?? "null"} can't be written.");
        }
    }

    private static object Read(ref ReadOnlyMemory<byte> payload)
    {
        ReadOnlySpan<byte> bytes = payload.Span;
        if (!bytes.IsEmpty && bytes[0] < 0x80)
        {
            payload = payload[1..];
            return (long)bytes[0];
        }

        if (bytes.Length >= 9 && bytes[0] == 0xD3)
        {
            payload = payload[9..];
            return BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
        }

        var reader = new FieldReader(bytes);
        string text = Encoding.UTF8.GetString(reader.ReadString());
        payload = payload[reader.Position..];
        return text;
    }
}

using System.Buffers;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Binary data. It is copied when read: the payload's buffer may be used again.</summary>
internal static class BinaryFormatters
{
    public static void AddTo(LeafTable table)
    {
        table.AddClass<byte[]>(static (ref w, v) => w.WriteBinary(v), static (ref r) => r.ReadBinary().ToArray());
        table.Add<Memory<byte>>(static (ref w, v) => w.WriteBinary(v.Span), static (ref r) => new Memory<byte>(ReadBytes(ref r)));
        table.Add<ReadOnlyMemory<byte>>(static (ref w, v) => w.WriteBinary(v.Span), static (ref r) => new ReadOnlyMemory<byte>(ReadBytes(ref r)));
        table.Add<ReadOnlySequence<byte>>(WriteSequence, static (ref r) => new ReadOnlySequence<byte>(ReadBytes(ref r)));
        table.Add<ArraySegment<byte>>(WriteSegment, ReadSegment);
    }

    private static byte[] ReadBytes(ref MessagePackReader reader) =>
        reader.TryReadNil() ? [] : reader.ReadBinary().ToArray();

    private static void WriteSequence(ref MessagePackWriter writer, ReadOnlySequence<byte> value)
    {
        var length = checked((int)value.Length);
        value.CopyTo(writer.BeginBinary(length));
        writer.EndBinary(length);
    }

    private static void WriteSegment(ref MessagePackWriter writer, ArraySegment<byte> value)
    {
        if (value.Array is null)
        {
            writer.WriteNil();
        }
        else
        {
            writer.WriteBinary(value);
        }
    }

    private static ArraySegment<byte> ReadSegment(ref MessagePackReader reader) =>
        reader.TryReadNil() ? default : new ArraySegment<byte>(reader.ReadBinary().ToArray());
}

using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Booleans and numbers.</summary>
internal static class NumberFormatters
{
    private const int MaxDecimalText = 31;
    private const int Int128Length = 16;

    public static void AddTo(LeafTable table)
    {
        table.Add<bool>(static (ref w, v) => w.WriteBoolean(v), static (ref r) => r.ReadBoolean());
        table.Add<sbyte>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInteger<sbyte>());
        table.Add<byte>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInteger<byte>());
        table.Add<short>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInteger<short>());
        table.Add<ushort>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInteger<ushort>());
        table.Add<int>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInt32());
        table.Add<uint>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInteger<uint>());
        table.Add<long>(static (ref w, v) => w.WriteInt64(v), static (ref r) => r.ReadInt64());
        table.Add<ulong>(static (ref w, v) => w.WriteUInt64(v), static (ref r) => r.ReadUInt64());
        table.Add<char>(static (ref w, v) => w.WriteInt64(v), static (ref r) => (char)r.ReadInteger<ushort>());
        table.Add<Rune>(static (ref w, v) => w.WriteInt64(v.Value), ReadRune);
        table.Add<Half>(static (ref w, v) => w.WriteSingle((float)v), static (ref r) => (Half)r.ReadSingle());
        table.Add<float>(static (ref w, v) => w.WriteSingle(v), static (ref r) => r.ReadSingle());
        table.Add<double>(static (ref w, v) => w.WriteDouble(v), static (ref r) => r.ReadDouble());
        table.Add<decimal>(WriteDecimal, ReadDecimal);
        table.Add<BigInteger>(WriteBigInteger, static (ref r) => new BigInteger(r.ReadBinary()));
        table.Add<Int128>(WriteInt128, static (ref r) => BinaryPrimitives.ReadInt128LittleEndian(ReadBytes(ref r, Int128Length)));
        table.Add<UInt128>(WriteUInt128, static (ref r) => BinaryPrimitives.ReadUInt128LittleEndian(ReadBytes(ref r, Int128Length)));
    }

    private static Rune ReadRune(ref MessagePackReader reader) =>
        Rune.TryCreate(reader.ReadInt32(), out var rune) ? rune : throw reader.Error("the integer is no Unicode scalar value.");

    private static void WriteDecimal(ref MessagePackWriter writer, decimal value)
    {
        Span<char> text = stackalloc char[MaxDecimalText];
        value.TryFormat(text, out var length, default, CultureInfo.InvariantCulture);
        writer.WriteString(text[..length]);
    }

    private static decimal ReadDecimal(ref MessagePackReader reader)
    {
        // Others write whole amounts as integers.
        if (reader.NextIsInteger())
        {
            return reader.NextIsSigned() ? reader.ReadInt64() : reader.ReadUInt64();
        }

        return decimal.TryParse(reader.ReadUtf8(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw reader.Error("the string is no decimal number.");
    }

    private static void WriteBigInteger(ref MessagePackWriter writer, BigInteger value)
    {
        var length = value.GetByteCount();
        value.TryWriteBytes(writer.BeginBinary(length), out _);
        writer.EndBinary(length);
    }

    private static void WriteInt128(ref MessagePackWriter writer, Int128 value)
    {
        BinaryPrimitives.WriteInt128LittleEndian(writer.BeginBinary(Int128Length), value);
        writer.EndBinary(Int128Length);
    }

    private static void WriteUInt128(ref MessagePackWriter writer, UInt128 value)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(writer.BeginBinary(Int128Length), value);
        writer.EndBinary(Int128Length);
    }

    private static ReadOnlySpan<byte> ReadBytes(ref MessagePackReader reader, int length)
    {
        var bytes = reader.ReadBinary();
        return bytes.Length == length ? bytes : throw reader.Error($"expected {length} bytes, found {bytes.Length}.");
    }
}

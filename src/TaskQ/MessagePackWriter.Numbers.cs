using System.Buffers.Binary;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackWriter
{
    /// <summary>Writes an integer.</summary>
    /// <param name="value">The value.</param>
    public void WriteInt64(long value)
    {
        var span = Reserve(9);
        if (value is >= MessagePackCode.MinNegativeFixInt and <= MessagePackCode.MaxFixInt)
        {
            span[0] = unchecked((byte)value);
            _used++;
        }
        else
        {
            _used += value >= 0 ? PutUnsigned(span, (ulong)value) : PutNegative(span, value);
        }
    }

    /// <summary>Writes an integer.</summary>
    /// <param name="value">The value.</param>
    public void WriteUInt64(ulong value)
    {
        var span = Reserve(9);
        if (value <= MessagePackCode.MaxFixInt)
        {
            span[0] = (byte)value;
            _used++;
        }
        else
        {
            _used += PutUnsigned(span, value);
        }
    }

    /// <summary>Writes a number of 32 bits with a floating point.</summary>
    /// <param name="value">The value.</param>
    public void WriteSingle(float value)
    {
        var span = Reserve(5);
        span[0] = MessagePackCode.Float32;
        BinaryPrimitives.WriteSingleBigEndian(span[1..], value);
        _used += 5;
    }

    /// <summary>Writes a number of 64 bits with a floating point.</summary>
    /// <param name="value">The value.</param>
    public void WriteDouble(double value)
    {
        var span = Reserve(9);
        span[0] = MessagePackCode.Float64;
        BinaryPrimitives.WriteDoubleBigEndian(span[1..], value);
        _used += 9;
    }

    /// <summary>Writes an integer at the full width of its type, as values typed <see cref="object"/> are written.</summary>
    internal void WriteFixed(byte code, ulong bits, int size)
    {
        var span = Reserve(9);
        span[0] = code;
        for (var i = size; i > 0; i--)
        {
            span[i] = (byte)bits;
            bits >>= 8;
        }

        _used += 1 + size;
    }

    private static int PutUnsigned(Span<byte> span, ulong value)
    {
        if (value <= byte.MaxValue)
        {
            span[1] = (byte)value;
            span[0] = MessagePackCode.UInt8;
            return 2;
        }

        if (value <= ushort.MaxValue)
        {
            span[0] = MessagePackCode.UInt16;
            BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)value);
            return 3;
        }

        if (value <= uint.MaxValue)
        {
            span[0] = MessagePackCode.UInt32;
            BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)value);
            return 5;
        }

        span[0] = MessagePackCode.UInt64;
        BinaryPrimitives.WriteUInt64BigEndian(span[1..], value);
        return 9;
    }

    private static int PutNegative(Span<byte> span, long value)
    {
        if (value >= sbyte.MinValue)
        {
            span[1] = unchecked((byte)value);
            span[0] = MessagePackCode.Int8;
            return 2;
        }

        if (value >= short.MinValue)
        {
            span[0] = MessagePackCode.Int16;
            BinaryPrimitives.WriteInt16BigEndian(span[1..], (short)value);
            return 3;
        }

        if (value >= int.MinValue)
        {
            span[0] = MessagePackCode.Int32;
            BinaryPrimitives.WriteInt32BigEndian(span[1..], (int)value);
            return 5;
        }

        span[0] = MessagePackCode.Int64;
        BinaryPrimitives.WriteInt64BigEndian(span[1..], value);
        return 9;
    }
}

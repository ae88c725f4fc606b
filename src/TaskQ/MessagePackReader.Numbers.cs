using System.Numerics;
using System.Runtime.CompilerServices;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackReader
{
    /// <summary>Reads an integer of any width.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">No integer comes next, or it is out of range.</exception>
    public long ReadInt64()
    {
        var code = Peek();
        if (code <= MessagePackCode.MaxFixInt || code >= MessagePackCode.MinNegative)
        {
            _position++;
            return unchecked((sbyte)code);
        }

        switch (code)
        {
            case MessagePackCode.UInt8:
                return (long)ReadBigEndian(1);
            case MessagePackCode.UInt16:
                return (long)ReadBigEndian(2);
            case MessagePackCode.UInt32:
                return (long)ReadBigEndian(4);
            case MessagePackCode.UInt64:
                var start = _position;
                var value = ReadBigEndian(8);
                return value <= long.MaxValue ? (long)value : throw OutOfRange(start, nameof(Int64));
            case MessagePackCode.Int8:
                return (sbyte)ReadBigEndian(1);
            case MessagePackCode.Int16:
                return (short)ReadBigEndian(2);
            case MessagePackCode.Int32:
                return (int)ReadBigEndian(4);
            case MessagePackCode.Int64:
                return (long)ReadBigEndian(8);
            default:
                throw Unexpected("an integer");
        }
    }

    /// <summary>Reads an integer of any width that is not negative.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">No integer comes next, or it is negative.</exception>
    public ulong ReadUInt64()
    {
        if (Peek() == MessagePackCode.UInt64)
        {
            return ReadBigEndian(8);
        }

        var start = _position;
        var value = ReadInt64();
        return value >= 0 ? (ulong)value : throw OutOfRange(start, nameof(UInt64));
    }

    /// <summary>Reads a number; one with more digits than fit is rounded.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">No number comes next.</exception>
    public float ReadSingle() => Peek() == MessagePackCode.Float32
        ? BitConverter.UInt32BitsToSingle((uint)ReadBigEndian(4))
        : (float)ReadDouble();

    /// <summary>Reads a number; an integer with more digits than fit is rounded.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">No number comes next.</exception>
    public double ReadDouble()
    {
        switch (Peek())
        {
            case MessagePackCode.Float64:
                return BitConverter.UInt64BitsToDouble(ReadBigEndian(8));
            case MessagePackCode.Float32:
                return BitConverter.UInt32BitsToSingle((uint)ReadBigEndian(4));
            case MessagePackCode.UInt64:
                return ReadBigEndian(8);
            case <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegative:
            case >= MessagePackCode.UInt8 and <= MessagePackCode.Int64:
                return ReadInt64();
            default:
                throw Unexpected("a number");
        }
    }

    /// <summary>Reads an integer into a type of at most 64 bits.</summary>
    internal T ReadInteger<T>()
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var start = _position;
        var value = ReadInt64();
        var result = T.CreateTruncating(value);
        return long.CreateTruncating(result) == value && T.IsNegative(result) == value < 0
            ? result
            : throw OutOfRange(start, typeof(T).Name);
    }

    /// <summary>Reads an integer of 32 bits; the small ones at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int ReadInt32()
    {
        if (_position < _bytes.Length && _bytes[_position] is <= MessagePackCode.MaxFixInt and var code)
        {
            _position++;
            return code;
        }

        var start = _position;
        var value = ReadInt64();
        return value == (int)value ? (int)value : throw OutOfRange(start, nameof(Int32));
    }

    /// <summary>Whether an integer comes next.</summary>
    internal readonly bool NextIsInteger() => Peek()
        is <= MessagePackCode.MaxFixInt or >= MessagePackCode.MinNegative
        or (>= MessagePackCode.UInt8 and <= MessagePackCode.Int64);

    /// <summary>Whether a signed form of an integer comes next.</summary>
    internal readonly bool NextIsSigned() => Peek()
        is >= MessagePackCode.MinNegative or (>= MessagePackCode.Int8 and <= MessagePackCode.Int64);

    private PayloadException OutOfRange(int start, string type)
    {
        _position = start;
        return Error($"the integer is out of the range of {type}.");
    }
}

using System.Buffers.Binary;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

/// <summary>Reads MessagePack within the limits of <see cref="MessagePackOptions"/>; handed to an <see cref="IMessagePackFormatter{T}"/>.</summary>
/// <remarks>
/// Format: https://github.com/msgpack/msgpack/blob/master/spec.md. Every length is checked against the bytes that
/// are left before anything is allocated, so a header can't claim more than was sent.
/// </remarks>
public ref partial struct MessagePackReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly FormatterResolver _formatters;
    private int _position;
    private int _depth;
    private int _elements;

    internal MessagePackReader(ReadOnlySpan<byte> bytes, FormatterResolver formatters)
    {
        _bytes = bytes;
        _formatters = formatters;
        _elements = formatters.MaxElements;
    }

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => _position;

    private readonly int Remaining => _bytes.Length - _position;

    /// <summary>Reads nil if it comes next.</summary>
    /// <returns>Whether it was nil.</returns>
    /// <exception cref="PayloadException">The bytes end.</exception>
    public bool TryReadNil()
    {
        if (Peek() != MessagePackCode.Nil)
        {
            return false;
        }

        _position++;
        return true;
    }

    /// <summary>Reads a boolean.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">No boolean comes next.</exception>
    public bool ReadBoolean()
    {
        var code = Peek();
        if (code is not (MessagePackCode.True or MessagePackCode.False))
        {
            throw Unexpected("a boolean");
        }

        _position++;
        return code == MessagePackCode.True;
    }

    /// <summary>Reads the header of an array; its items follow.</summary>
    /// <returns>How many items follow, not more than bytes are left.</returns>
    /// <exception cref="PayloadException">No array comes next, or it breaks a limit.</exception>
    public int ReadArrayHeader()
    {
        var code = Peek();
        if ((code & 0xf0) == MessagePackCode.FixArray)
        {
            _position++;
            return Charge((uint)code & 0x0f, 1);
        }

        return code switch
        {
            MessagePackCode.Array16 => Charge((uint)ReadBigEndian(2), 1),
            MessagePackCode.Array32 => Charge((uint)ReadBigEndian(4), 1),
            _ => throw Unexpected("an array"),
        };
    }

    /// <summary>Reads the header of a map; its entries follow, each a key and a value.</summary>
    /// <returns>How many entries follow, not more than half of the bytes that are left.</returns>
    /// <exception cref="PayloadException">No map comes next, or it breaks a limit.</exception>
    public int ReadMapHeader()
    {
        var code = Peek();
        if ((code & 0xf0) == MessagePackCode.FixMap)
        {
            _position++;
            return Charge((uint)code & 0x0f, 2);
        }

        return code switch
        {
            MessagePackCode.Map16 => Charge((uint)ReadBigEndian(2), 2),
            MessagePackCode.Map32 => Charge((uint)ReadBigEndian(4), 2),
            _ => throw Unexpected("a map"),
        };
    }

    /// <summary>Reads a value of any type that TaskQ can read.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The value.</returns>
    /// <exception cref="PayloadException">The bytes are no value of that type, or break a limit.</exception>
    public T Read<T>() => _formatters.Get<T>().Read(ref this)!;

    /// <summary>The first byte of the next value.</summary>
    internal readonly byte Peek() =>
        _position < _bytes.Length ? _bytes[_position] : throw Truncated();

    /// <summary>Reads the header of an array and goes one level deeper, until <see cref="Leave"/>.</summary>
    internal int BeginArray()
    {
        var count = ReadArrayHeader();
        Enter();
        return count;
    }

    /// <summary>Reads the header of a map and goes one level deeper, until <see cref="Leave"/>.</summary>
    internal int BeginMap()
    {
        var count = ReadMapHeader();
        Enter();
        return count;
    }

    /// <summary>Goes one level deeper.</summary>
    internal void Enter()
    {
        if (++_depth > _formatters.MaxDepth)
        {
            throw TooDeep();
        }
    }

    /// <summary>Ends what <see cref="Enter"/> began.</summary>
    internal void Leave() => _depth--;

    /// <summary>Whether a string comes next.</summary>
    internal readonly bool NextIsString() =>
        Peek() is (>= MessagePackCode.FixString and < MessagePackCode.Nil) or (>= MessagePackCode.String8 and <= MessagePackCode.String32);

    /// <summary>Refuses an array of another length.</summary>
    internal readonly void CheckCount(int count, int expected)
    {
        if (count != expected)
        {
            throw Error($"expected an array of {expected} items, found {count}.");
        }
    }

    /// <summary>Refuses an object that lacks a member.</summary>
    internal readonly void CheckRequired(bool seen, string member)
    {
        if (!seen)
        {
            throw Error($"{member} is required and missing.");
        }
    }

    /// <summary>An error that says where reading stands.</summary>
    internal readonly PayloadException Error(string message, Exception? inner = null) =>
        new($"The payload can't be read at byte {_position}: {message}", inner);

    /// <summary>An error that says what was expected, and what is there.</summary>
    internal readonly PayloadException Unexpected(string expected) =>
        Error($"expected {expected}, found {MessagePackCode.Describe(_bytes[_position])}.");

    private readonly PayloadException Truncated() => Error("the bytes end inside of a value.");

    private readonly PayloadException TooDeep() => Error(
        $"arrays and maps nest deeper than {_formatters.MaxDepth}. MessagePackOptions.MaxDepth sets the limit.");

    /// <summary>Checks a count before anything is done with it: each element takes a byte at least.</summary>
    private int Charge(uint count, uint each)
    {
        var elements = (ulong)count * each;
        if (elements > (ulong)Remaining)
        {
            throw Error($"a header announces {elements} elements, and {Remaining} bytes are left.");
        }

        if (elements > (ulong)_elements)
        {
            throw Error($"more than {_formatters.MaxElements} elements. MessagePackOptions.MaxElements sets the limit.");
        }

        _elements -= (int)elements;
        return (int)count;
    }

    /// <summary>Reads past the first byte and an unsigned number after it.</summary>
    private ulong ReadBigEndian(int size)
    {
        if (Remaining <= size)
        {
            throw Truncated();
        }

        var bytes = _bytes.Slice(_position + 1, size);
        _position += 1 + size;
        return size switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            4 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
    }
}

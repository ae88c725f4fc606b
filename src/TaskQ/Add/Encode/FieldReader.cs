using System.Buffers.Binary;
using System.Text.Unicode;

namespace TaskQ.Add.Encode;

/// <summary>Reads the MessagePack values of a frame's own fields. Every length is checked against what is left.</summary>
/// <remarks>Format: https://github.com/msgpack/msgpack/blob/master/spec.md. Longer forms than needed are accepted.</remarks>
internal ref struct FieldReader(ReadOnlySpan<byte> body)
{
    private const byte Nil = 0xC0;

    private readonly ReadOnlySpan<byte> _body = body;

    /// <summary>Where the next value starts.</summary>
    public int Position { get; private set; }

    public bool TryReadNil()
    {
        if (Position >= _body.Length || _body[Position] != Nil)
        {
            return false;
        }

        Position++;
        return true;
    }

    public Guid ReadId()
    {
        byte code = Take(1)[0];
        long length = code switch
        {
            0xC4 => ReadUnsigned(1),
            0xC5 => ReadUnsigned(2),
            0xC6 => ReadUnsigned(4),
            _ => throw Unexpected("binary id", code),
        };
        return length == FrameFormat.IdLength
            ? new Guid(Take(length), bigEndian: true)
            : throw new PayloadException($"The id in the frame has {length} bytes instead of {FrameFormat.IdLength}.");
    }

    public long ReadInt64()
    {
        byte code = Take(1)[0];
        return code switch
        {
            < 0x80 => code,
            >= 0xE0 => (sbyte)code,
            0xCC => ReadUnsigned(1),
            0xCD => ReadUnsigned(2),
            0xCE => ReadUnsigned(4),
            0xCF => Bounded(BinaryPrimitives.ReadUInt64BigEndian(Take(8))),
            0xD0 => (sbyte)Take(1)[0],
            0xD1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xD2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xD3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            _ => throw Unexpected("number", code),
        };
    }

    /// <summary>The count of a map's pairs; a pair takes at least two bytes.</summary>
    public int ReadMapHeader()
    {
        byte code = Take(1)[0];
        long count = code switch
        {
            >= 0x80 and < 0x90 => code & 0x0F,
            0xDE => ReadUnsigned(2),
            0xDF => ReadUnsigned(4),
            _ => throw Unexpected("map", code),
        };
        return count <= FrameFormat.MaxHeaders && count * 2 <= _body.Length - Position
            ? (int)count
            : throw new PayloadException($"The frame declares {count} headers; {FrameFormat.MaxHeaders} are allowed, and two bytes each must follow.");
    }

    /// <summary>The UTF-8 bytes of a string, checked to be valid.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        byte code = Take(1)[0];
        long length = code switch
        {
            >= 0xA0 and < 0xC0 => code & 0x1F,
            0xD9 => ReadUnsigned(1),
            0xDA => ReadUnsigned(2),
            0xDB => ReadUnsigned(4),
            _ => throw Unexpected("string", code),
        };
        ReadOnlySpan<byte> text = Take(length);
        return Utf8.IsValid(text) ? text : throw new PayloadException("A string in the frame is not valid UTF-8.");
    }

    private static long Bounded(ulong value) =>
        value <= long.MaxValue ? (long)value : throw new PayloadException("A number in the frame is out of range.");

    private static PayloadException Unexpected(string expected, byte code) =>
        new($"The frame has MessagePack code 0x{code:X2} where a {expected} must be.");

    private uint ReadUnsigned(int length) => length switch
    {
        1 => Take(1)[0],
        2 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        _ => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
    };

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length > _body.Length - Position)
        {
            throw new PayloadException("The frame ends within a field.");
        }

        ReadOnlySpan<byte> taken = _body.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace TaskQ.Add.Encode;

/// <summary>Writes the few MessagePack values that a frame's own fields need, in their shortest form.</summary>
/// <remarks>Format: https://github.com/msgpack/msgpack/blob/master/spec.md.</remarks>
internal ref struct FieldWriter
{
    private const byte Nil = 0xC0;
    private const byte Bin8 = 0xC4;
    private const byte Int64 = 0xD3;
    private const byte Str8 = 0xD9;
    private const byte Str16 = 0xDA;
    private const byte Str32 = 0xDB;
    private const byte Map16 = 0xDE;
    private const byte FixMap = 0x80;
    private const byte FixStr = 0xA0;

    private const int MaxHeaderLength = 5;

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _room;
    private int _pending;

    /// <param name="output">Where the values go once <see cref="Flush"/> is called.</param>
    /// <param name="sizeHint">About how many bytes will be written; more is fine.</param>
    public FieldWriter(IBufferWriter<byte> output, int sizeHint)
    {
        _output = output;
        _room = output.GetSpan(sizeHint);
    }

    public void WriteNil() => Reserve(1)[_pending++] = Nil;

    /// <summary>An id as 16 bytes in network order, as RFC 9562 prints it.</summary>
    public void WriteId(Guid id)
    {
        Span<byte> room = Reserve(2 + FrameFormat.IdLength)[_pending..];
        room[0] = Bin8;
        room[1] = FrameFormat.IdLength;
        id.TryWriteBytes(room[2..], bigEndian: true, out _);
        _pending += 2 + FrameFormat.IdLength;
    }

    /// <summary>A number that is large as a rule: always eight bytes.</summary>
    public void WriteInt64(long value)
    {
        Span<byte> room = Reserve(1 + sizeof(long))[_pending..];
        room[0] = Int64;
        BinaryPrimitives.WriteInt64BigEndian(room[1..], value);
        _pending += 1 + sizeof(long);
    }

    /// <summary>A map of at most 65,535 pairs, which follow.</summary>
    public void WriteMapHeader(int count)
    {
        Span<byte> room = Reserve(3)[_pending..];
        if (count < 16)
        {
            room[0] = (byte)(FixMap | count);
            _pending++;
            return;
        }

        room[0] = Map16;
        BinaryPrimitives.WriteUInt16BigEndian(room[1..], (ushort)count);
        _pending += 3;
    }

    /// <summary>A string as UTF-8; false when it has half a surrogate pair.</summary>
    public bool TryWriteString(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        Span<byte> room = Reserve(MaxHeaderLength + length)[_pending..];
        int header = WriteStringHeader(room, length);
        OperationStatus status =
            Utf8.FromUtf16(value, room.Slice(header, length), out _, out _, replaceInvalidSequences: false);
        _pending += header + length;
        return status == OperationStatus.Done;
    }

    /// <summary>Hands what was written to the output.</summary>
    public void Flush()
    {
        _output.Advance(_pending);
        _pending = 0;
        _room = default;
    }

    private static int WriteStringHeader(Span<byte> room, int length)
    {
        switch (length)
        {
            case < 32:
                room[0] = (byte)(FixStr | length);
                return 1;
            case <= byte.MaxValue:
                room[0] = Str8;
                room[1] = (byte)length;
                return 2;
            case <= ushort.MaxValue:
                room[0] = Str16;
                BinaryPrimitives.WriteUInt16BigEndian(room[1..], (ushort)length);
                return 3;
            default:
                room[0] = Str32;
                BinaryPrimitives.WriteInt32BigEndian(room[1..], length);
                return 5;
        }
    }

    private Span<byte> Reserve(int length)
    {
        if (_room.Length - _pending < length)
        {
            Flush();
            _room = _output.GetSpan(length);
        }

        return _room;
    }
}

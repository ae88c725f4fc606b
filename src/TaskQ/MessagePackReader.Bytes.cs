using System.Buffers.Binary;
using System.Text;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackReader
{
    private const uint MaxNanoseconds = 999_999_999;

    /// <summary>Reads a string, or nil. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <returns>The string, null for nil.</returns>
    /// <exception cref="PayloadException">No string comes next, or it breaks a limit.</exception>
    public string? ReadString() => TryReadNil() ? null : Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>Reads a string as its bytes in UTF-8, without a copy.</summary>
    /// <returns>The bytes, part of the payload.</returns>
    /// <exception cref="PayloadException">No string comes next, or it breaks a limit.</exception>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        var code = Peek();
        uint length;
        if ((code & 0xe0) == MessagePackCode.FixString)
        {
            _position++;
            length = (uint)code & 0x1f;
        }
        else
        {
            length = code is >= MessagePackCode.String8 and <= MessagePackCode.String32
                ? (uint)ReadBigEndian(1 << (code - MessagePackCode.String8))
                : throw Unexpected("a string");
        }

        return Take(length, _formatters.MaxStringLength, nameof(MessagePackOptions.MaxStringLength));
    }

    /// <summary>Reads binary data, without a copy.</summary>
    /// <returns>The bytes, part of the payload.</returns>
    /// <exception cref="PayloadException">No binary data comes next.</exception>
    public ReadOnlySpan<byte> ReadBinary()
    {
        var code = Peek();
        var length = code is >= MessagePackCode.Bin8 and <= MessagePackCode.Bin32
            ? (uint)ReadBigEndian(1 << (code - MessagePackCode.Bin8))
            : throw Unexpected("binary data");
        return Take(length, int.MaxValue, "");
    }

    /// <summary>Reads an extension, without a copy.</summary>
    /// <param name="type">Its type.</param>
    /// <returns>Its content, part of the payload.</returns>
    /// <exception cref="PayloadException">No extension comes next, or it breaks a limit.</exception>
    public ReadOnlySpan<byte> ReadExtension(out sbyte type)
    {
        var code = Peek();
        uint length;
        if (code is >= MessagePackCode.FixExt1 and <= MessagePackCode.FixExt16)
        {
            _position++;
            length = 1u << (code - MessagePackCode.FixExt1);
        }
        else
        {
            length = code is >= MessagePackCode.Ext8 and <= MessagePackCode.Ext32
                ? (uint)ReadBigEndian(1 << (code - MessagePackCode.Ext8))
                : throw Unexpected("an extension");
        }

        type = Remaining > 0 ? unchecked((sbyte)_bytes[_position++]) : throw Truncated();
        return Take(length, _formatters.MaxExtensionLength, nameof(MessagePackOptions.MaxExtensionLength));
    }

    /// <summary>Reads a timestamp.</summary>
    /// <returns>The time, UTC; what is finer than 100 ns is cut off.</returns>
    /// <exception cref="PayloadException">No timestamp comes next, or it is out of range.</exception>
    public DateTime ReadTimestamp()
    {
        // https://github.com/msgpack/msgpack/blob/master/spec.md#timestamp-extension-type
        var start = _position;
        var data = ReadExtension(out var type);
        if (type != MessagePackCode.Timestamp || data.Length is not (4 or 8 or 12))
        {
            throw BadTimestamp(start, $"expected a timestamp, found an extension of type {type} and {data.Length} bytes.");
        }

        long seconds;
        uint nanoseconds = 0;
        if (data.Length == 4)
        {
            seconds = BinaryPrimitives.ReadUInt32BigEndian(data);
        }
        else if (data.Length == 8)
        {
            var both = BinaryPrimitives.ReadUInt64BigEndian(data);
            seconds = (long)(both & ((1UL << 34) - 1));
            nanoseconds = (uint)(both >> 34);
        }
        else
        {
            nanoseconds = BinaryPrimitives.ReadUInt32BigEndian(data);
            seconds = BinaryPrimitives.ReadInt64BigEndian(data[4..]);
        }

        var least = -DateTime.UnixEpoch.Ticks / TimeSpan.TicksPerSecond;
        var most = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond;
        if (nanoseconds > MaxNanoseconds || seconds < least || seconds > most)
        {
            throw BadTimestamp(start, "the timestamp is out of the range of DateTime.");
        }

        return DateTime.UnixEpoch.AddTicks((seconds * TimeSpan.TicksPerSecond) + (nanoseconds / 100));
    }

    private PayloadException BadTimestamp(int start, string message)
    {
        _position = start;
        return Error(message);
    }

    private ReadOnlySpan<byte> Take(uint length, int limit, string option)
    {
        if (length > (uint)Remaining)
        {
            throw Error($"a header announces {length} bytes, and {Remaining} are left.");
        }

        if (length > (uint)limit)
        {
            throw Error($"{length} bytes in one value; at most {limit} are allowed. MessagePackOptions.{option} sets the limit.");
        }

        var bytes = _bytes.Slice(_position, (int)length);
        _position += (int)length;
        return bytes;
    }
}

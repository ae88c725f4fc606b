using System.Buffers.Binary;
using System.Text;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackWriter
{
    // Up to here the bytes of a string are reserved by their most, beyond they are counted first.
    private const int ShortString = 255;

    /// <summary>Writes a string as UTF-8, or nil. Half a surrogate pair is written as U+FFFD.</summary>
    /// <param name="value">The string.</param>
    /// <exception cref="PayloadException">The string is longer than <see cref="MessagePackOptions.MaxStringLength"/>.</exception>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteNil();
        }
        else
        {
            WriteString(value.AsSpan());
        }
    }

    /// <summary>Writes a string as UTF-8. Half a surrogate pair is written as U+FFFD.</summary>
    /// <param name="value">The string.</param>
    /// <exception cref="PayloadException">The string is longer than <see cref="MessagePackOptions.MaxStringLength"/>.</exception>
    public void WriteString(scoped ReadOnlySpan<char> value)
    {
        if (value.Length > ShortString)
        {
            WriteLongString(value);
            return;
        }

        // The length is only known afterwards; plain ASCII needs no second move.
        var span = Reserve(3 + (3 * value.Length));
        var guess = StringHeaderLength(value.Length);
        var length = Encoding.UTF8.GetBytes(value, span[guess..]);
        if (length > _formatters.MaxStringLength)
        {
            throw TooLong("string", length, _formatters.MaxStringLength, nameof(MessagePackOptions.MaxStringLength));
        }

        var header = StringHeaderLength(length);
        if (header != guess)
        {
            span.Slice(guess, length).CopyTo(span[header..]);
        }

        PutStringHeader(span, length);
        _used += header + length;
    }

    /// <summary>Writes binary data.</summary>
    /// <param name="value">The bytes.</param>
    public void WriteBinary(scoped ReadOnlySpan<byte> value)
    {
        var span = BeginBinary(value.Length);
        value.CopyTo(span);
        _used += value.Length;
    }

    /// <summary>Writes an extension.</summary>
    /// <param name="type">Its type: 0 to 127 for applications, negative ones are the specification's.</param>
    /// <param name="data">Its content.</param>
    /// <exception cref="PayloadException">The content is longer than <see cref="MessagePackOptions.MaxExtensionLength"/>.</exception>
    public void WriteExtension(sbyte type, scoped ReadOnlySpan<byte> data)
    {
        if (data.Length > _formatters.MaxExtensionLength)
        {
            throw TooLong("extension", data.Length, _formatters.MaxExtensionLength, nameof(MessagePackOptions.MaxExtensionLength));
        }

        var span = Reserve(6 + data.Length);
        var header = data.Length switch
        {
            1 or 2 or 4 or 8 or 16 => PutCode(span, (byte)(MessagePackCode.FixExt1 + int.Log2(data.Length))),
            <= byte.MaxValue => PutLength8(span, MessagePackCode.Ext8, data.Length),
            <= ushort.MaxValue => PutLength16(span, MessagePackCode.Ext8 + 1, data.Length),
            _ => PutLength32(span, MessagePackCode.Ext8 + 2, data.Length),
        };
        span[header] = unchecked((byte)type);
        data.CopyTo(span[(header + 1)..]);
        _used += header + 1 + data.Length;
    }

    /// <summary>Writes the header of binary data.</summary>
    /// <returns>Where its bytes go; the caller fills it and calls <see cref="EndBinary"/>.</returns>
    internal Span<byte> BeginBinary(int length)
    {
        var span = Reserve(5 + length);
        var header = length switch
        {
            <= byte.MaxValue => PutLength8(span, MessagePackCode.Bin8, length),
            <= ushort.MaxValue => PutLength16(span, MessagePackCode.Bin8 + 1, length),
            _ => PutLength32(span, MessagePackCode.Bin8 + 2, length),
        };
        _used += header;
        return span.Slice(header, length);
    }

    /// <summary>Ends binary data whose bytes are in place.</summary>
    internal void EndBinary(int length) => _used += length;

    private void WriteLongString(scoped ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        if (length > _formatters.MaxStringLength)
        {
            throw TooLong("string", length, _formatters.MaxStringLength, nameof(MessagePackOptions.MaxStringLength));
        }

        var span = Reserve(5 + length);
        var header = PutStringHeader(span, length);
        _used += header + Encoding.UTF8.GetBytes(value, span[header..]);
    }

    private static int StringHeaderLength(int length) => length switch
    {
        <= MessagePackCode.MaxFixString => 1,
        <= byte.MaxValue => 2,
        _ => 3,
    };

    internal static int PutStringHeader(Span<byte> span, int length) => length switch
    {
        <= MessagePackCode.MaxFixString => PutCode(span, (byte)(MessagePackCode.FixString | length)),
        <= byte.MaxValue => PutLength8(span, MessagePackCode.String8, length),
        <= ushort.MaxValue => PutLength16(span, MessagePackCode.String8 + 1, length),
        _ => PutLength32(span, MessagePackCode.String8 + 2, length),
    };

    private static int PutCode(Span<byte> span, byte code)
    {
        span[0] = code;
        return 1;
    }

    private static int PutLength8(Span<byte> span, byte code, int length)
    {
        span[1] = (byte)length;
        span[0] = code;
        return 2;
    }

    private static int PutLength16(Span<byte> span, byte code, int length)
    {
        span[0] = code;
        BinaryPrimitives.WriteUInt16BigEndian(span[1..], (ushort)length);
        return 3;
    }

    private static int PutLength32(Span<byte> span, byte code, int length)
    {
        span[0] = code;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
        return 5;
    }

    private static PayloadException TooLong(string what, int length, int limit, string option) => new(
        $"The value has a {what} of {length} bytes; at most {limit} are allowed. MessagePackOptions.{option} sets the limit.");
}

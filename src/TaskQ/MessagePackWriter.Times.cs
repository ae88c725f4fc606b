using System.Buffers.Binary;
using TaskQ.Add.Encode.MessagePack;

namespace TaskQ;

public ref partial struct MessagePackWriter
{
    /// <summary>Writes a point in time as the timestamp extension. Local time is converted to UTC, unspecified time is taken as UTC.</summary>
    /// <param name="value">The time.</param>
    public void WriteTimestamp(DateTime value)
    {
        if (value.Kind == DateTimeKind.Local)
        {
            value = value.ToUniversalTime();
        }

        WriteTimestampTicks(value.Ticks);
    }

    // https://github.com/msgpack/msgpack/blob/master/spec.md#timestamp-extension-type
    private void WriteTimestampTicks(long ticks)
    {
        var (quotient, remainder) = Math.DivRem(ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond);
        var seconds = remainder < 0 ? quotient - 1 : quotient;
        var nanoseconds = (uint)((remainder < 0 ? remainder + TimeSpan.TicksPerSecond : remainder) * 100);
        Span<byte> data = stackalloc byte[12];
        if (seconds is < 0 or >= 1L << 34)
        {
            BinaryPrimitives.WriteUInt32BigEndian(data, nanoseconds);
            BinaryPrimitives.WriteInt64BigEndian(data[4..], seconds);
            WriteExtension(MessagePackCode.Timestamp, data);
        }
        else if (nanoseconds == 0 && seconds <= uint.MaxValue)
        {
            BinaryPrimitives.WriteUInt32BigEndian(data, (uint)seconds);
            WriteExtension(MessagePackCode.Timestamp, data[..4]);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(data, ((ulong)nanoseconds << 34) | (ulong)seconds);
            WriteExtension(MessagePackCode.Timestamp, data[..8]);
        }
    }
}

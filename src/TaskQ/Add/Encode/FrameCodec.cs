using System.Buffers;
using TaskQ.Add.Encode.Snappy;
using TaskQ.Registry;

namespace TaskQ.Add.Encode;

/// <summary>Writes and reads the frame in which a message travels; <c>wire-format.md</c> describes it.</summary>
/// <remarks>
/// Encode: 1. the fields and the arguments go into a pooled buffer (<see cref="FrameBodyWriter"/>);
/// 2. the size is checked; 3. a Snappy block stands for the body where that is smaller; 4. the frame is allocated at its exact size.
/// Decode: 1. magic, version, flags and length are checked (<see cref="FrameHeader"/>); 2. a compressed body is
/// decompressed into a pooled buffer; 3. its fields are checked (<see cref="FrameBody"/>); 4. only then objects are made.
/// Safe for use by several threads.
/// </remarks>
internal sealed class FrameCodec(QueueOptions options)
{
    /// <summary>Encodes a message.</summary>
    /// <exception cref="PayloadException">An argument can't be written, or the message is larger than allowed.</exception>
    public byte[] Encode(TaskMessage message)
    {
        using var body = new PooledBufferWriter();
        FrameBodyWriter.Write(message, options.Serializer, body);
        long size = FrameHeader.FrameSize(body.WrittenCount);
        if (size > options.MaxMessageSize)
        {
            throw new PayloadException(
                $"A message of task '{message.TaskName}' has {size} bytes; the limit is {options.MaxMessageSize} bytes (QueueOptions.MaxMessageSize, or the backend's own when that is lower).");
        }

        byte[]? compressed = body.WrittenCount >= options.CompressionThreshold ? TryCompress(body.WrittenSpan) : null;
        return compressed ?? FrameHeader.CreateFrame(flags: 0, body.WrittenCount, body.WrittenSpan);
    }

    /// <summary>Decodes a frame; the arguments stay encoded until a handler takes them.</summary>
    /// <remarks>The arguments refer to the frame's memory, unless it was compressed.</remarks>
    /// <exception cref="PayloadException">The bytes are no frame, or break a limit.</exception>
    /// <exception cref="UnknownFrameVersionException">A later version of TaskQ wrote the frame.</exception>
    public TaskMessage Decode(ReadOnlyMemory<byte> frame)
    {
        FrameHeader header = FrameHeader.Parse(frame.Span, options.MaxMessageSize);
        ReadOnlyMemory<byte> content = frame[header.Length..];
        if (!header.IsCompressed)
        {
            return DecodeBody(content, copyPayload: false);
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(header.BodyLength);
        try
        {
            Memory<byte> body = buffer.AsMemory(0, header.BodyLength);
            SnappyDecoder.Decode(content.Span, body.Span);
            return DecodeBody(body, copyPayload: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The compressed frame, null when it would not be smaller.</summary>
    private static byte[]? TryCompress(ReadOnlySpan<byte> body)
    {
        long room = SnappyEncoder.MaxEncodedLength(body.Length);
        if (room > Array.MaxLength)
        {
            return null;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)room);
        try
        {
            int length = SnappyEncoder.Encode(body, buffer);
            return length < body.Length
                ? FrameHeader.CreateFrame(FrameFormat.Compressed, body.Length, buffer.AsSpan(0, length))
                : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private TaskMessage DecodeBody(ReadOnlyMemory<byte> body, bool copyPayload)
    {
        FrameBody fields = FrameBody.Parse(body.Span);
        ReadOnlyMemory<byte> payload = body[fields.PayloadStart..];
        int count = ReadCount(ref payload);
        if (copyPayload)
        {
            payload = payload.ToArray();
        }

        return fields.ToMessage(new EncodedArguments(options.Serializer, payload, count));
    }

    private int ReadCount(ref ReadOnlyMemory<byte> payload)
    {
        int count;
        try
        {
            count = options.Serializer.ReadCount(ref payload);
        }
        catch (Exception e) when (e is not PayloadException)
        {
            throw new PayloadException($"The count of the arguments can't be read: {e.Message}", e);
        }

        // An argument takes at least one byte.
        return (uint)count <= (uint)payload.Length
            ? count
            : throw new PayloadException($"The frame declares {count} arguments and has {payload.Length} bytes for them.");
    }
}

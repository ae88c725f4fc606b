namespace TaskQ.Add.Encode;

/// <summary>Writes and reads the frame in which a message travels; <c>wire-format.md</c> describes it.</summary>
internal sealed class FrameCodec(QueueOptions options)
{
    /// <summary>Encodes a message.</summary>
    /// <exception cref="PayloadException">An argument can't be written, or the message is larger than allowed.</exception>
    public byte[] Encode(TaskMessage message)
    {
        _ = options;
        throw new NotImplementedException();
    }

    /// <summary>Decodes a frame; the arguments stay encoded until a handler takes them.</summary>
    /// <exception cref="PayloadException">The bytes are no frame, or break a limit.</exception>
    /// <exception cref="UnknownFrameVersionException">A later version of TaskQ wrote the frame.</exception>
    public TaskMessage Decode(ReadOnlyMemory<byte> frame) => throw new NotImplementedException();
}

namespace TaskQ.Add.Encode;

/// <summary>What stands before the body of a frame: magic, version, flags and the body's length.</summary>
internal readonly record struct FrameHeader(int Length, int BodyLength, bool IsCompressed)
{
    /// <summary>The size of an uncompressed frame.</summary>
    public static long FrameSize(int bodyLength) =>
        (long)FrameFormat.FixedLength + Varint.LengthOf((uint)bodyLength) + bodyLength;

    /// <summary>Makes a frame of its exact size.</summary>
    /// <param name="flags">Its flags.</param>
    /// <param name="bodyLength">The length of the body before compression.</param>
    /// <param name="content">The body, or its Snappy block.</param>
    public static byte[] CreateFrame(byte flags, int bodyLength, ReadOnlySpan<byte> content)
    {
        int headerLength = FrameFormat.FixedLength + Varint.LengthOf((uint)bodyLength);
        byte[] frame = GC.AllocateUninitializedArray<byte>(headerLength + content.Length);
        frame[0] = FrameFormat.Magic0;
        frame[1] = FrameFormat.Magic1;
        frame[2] = FrameFormat.Version;
        frame[3] = flags;
        Varint.Write(frame.AsSpan(FrameFormat.FixedLength), (uint)bodyLength);
        content.CopyTo(frame.AsSpan(headerLength));
        return frame;
    }

    /// <summary>Reads and checks it, before anything is allocated for the body.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="maxFrameSize">The largest frame allowed, uncompressed.</param>
    /// <exception cref="PayloadException">The bytes are no frame, or break a limit.</exception>
    /// <exception cref="UnknownFrameVersionException">A later version of TaskQ wrote the frame.</exception>
    public static FrameHeader Parse(ReadOnlySpan<byte> frame, int maxFrameSize)
    {
        if (frame.Length < FrameFormat.FixedLength - 1 || frame[0] != FrameFormat.Magic0 || frame[1] != FrameFormat.Magic1 ||
            frame[2] == 0)
        {
            throw new PayloadException("The bytes are no TaskQ frame: they don't start with 'TQ' and a version.");
        }

        if (frame[2] != FrameFormat.Version)
        {
            throw new UnknownFrameVersionException(frame[2]);
        }

        if (frame.Length < FrameFormat.FixedLength)
        {
            throw new PayloadException("The frame ends before its flags.");
        }

        byte flags = frame[3];
        if ((flags & ~FrameFormat.Compressed) != 0)
        {
            throw new UnknownFrameVersionException(frame[2], flags);
        }

        if (!Varint.TryRead(frame[FrameFormat.FixedLength..], out uint bodyLength, out int varintLength) ||
            varintLength != Varint.LengthOf(bodyLength))
        {
            throw new PayloadException("The body's length in the frame can't be read.");
        }

        int headerLength = FrameFormat.FixedLength + varintLength;
        if (headerLength + (long)bodyLength > maxFrameSize)
        {
            throw new PayloadException(
                $"The frame declares {headerLength + (long)bodyLength} bytes uncompressed; the limit is {maxFrameSize} bytes.");
        }

        bool compressed = flags == FrameFormat.Compressed;
        CheckBodyLength(bodyLength, frame.Length - headerLength, compressed);
        return new FrameHeader(headerLength, (int)bodyLength, compressed);
    }

    private static void CheckBodyLength(uint bodyLength, int contentLength, bool compressed)
    {
        if (compressed && bodyLength > (long)FrameFormat.MaxCompressionRatio * contentLength)
        {
            throw new PayloadException(
                $"The frame declares {bodyLength} bytes from {contentLength} compressed ones; the largest ratio is {FrameFormat.MaxCompressionRatio} : 1.");
        }

        if (!compressed && bodyLength != contentLength)
        {
            throw new PayloadException($"The frame declares a body of {bodyLength} bytes and has {contentLength}.");
        }
    }
}

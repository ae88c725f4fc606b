using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics;

namespace TaskQ.Add.Encode.Snappy;

/// <summary>Decompresses one Snappy block. The input may be hostile: it decides neither sizes nor places unchecked.</summary>
/// <remarks>Format: https://github.com/google/snappy/blob/main/format_description.txt.</remarks>
internal static class SnappyDecoder
{
    private const int Chunk = 16;

    /// <summary>Reads the length that a block declares, before anything is allocated for it.</summary>
    /// <param name="block">The block.</param>
    /// <param name="limit">The largest length allowed.</param>
    /// <param name="preambleLength">Where the elements start.</param>
    /// <exception cref="PayloadException">The length is cut off or beyond the limit.</exception>
    public static int ReadLength(ReadOnlySpan<byte> block, int limit, out int preambleLength)
    {
        if (!Varint.TryRead(block, out uint length, out preambleLength))
        {
            throw new PayloadException("The length of the Snappy block can't be read.");
        }

        return length <= (uint)limit
            ? (int)length
            : throw new PayloadException($"The Snappy block declares {length} bytes; the limit is {limit} bytes.");
    }

    /// <summary>Decompresses a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="output">Where the bytes go: exactly as long as the block declares.</param>
    /// <exception cref="PayloadException">The block is malformed, or does not give the declared length.</exception>
    public static void Decode(ReadOnlySpan<byte> block, Span<byte> output)
    {
        if (ReadLength(block, output.Length, out int read) != output.Length)
        {
            throw new PayloadException($"The Snappy block does not declare the {output.Length} bytes that were expected.");
        }

        int written = 0;
        while (read < block.Length)
        {
            int tag = block[read++];
            int length;
            int offset;
            switch (tag & SnappyElements.KindMask)
            {
                case SnappyElements.Literal:
                    length = (tag >> 2) + 1;
                    if (length <= Chunk && block.Length - read >= Chunk && output.Length - written >= Chunk)
                    {
                        // What is copied too much is overwritten by what follows, or found out at the end.
                        Vector128.Create(block.Slice(read, Chunk)).CopyTo(output.Slice(written, Chunk));
                    }
                    else
                    {
                        length = CopyLiteral(block, ref read, length, output[written..]);
                    }

                    read += length;
                    written += length;
                    continue;

                case SnappyElements.CopyOneByteOffset:
                    if (read == block.Length)
                    {
                        ThrowTruncated();
                    }

                    length = ((tag >> 2) & 7) + SnappyElements.MinCopyLength;
                    offset = ((tag >> 5) << 8) | block[read++];
                    break;

                case SnappyElements.CopyTwoByteOffset:
                    if (block.Length - read < 2)
                    {
                        ThrowTruncated();
                    }

                    length = (tag >> 2) + 1;
                    offset = BinaryPrimitives.ReadUInt16LittleEndian(block[read..]);
                    read += 2;
                    break;

                default:
                    if (block.Length - read < 4)
                    {
                        ThrowTruncated();
                    }

                    length = (tag >> 2) + 1;
                    offset = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(block[read..]), int.MaxValue);
                    read += 4;
                    break;
            }

            if (offset == 0 || offset > written)
            {
                throw new PayloadException("A copy in the Snappy block starts before the output.");
            }

            if (length > output.Length - written)
            {
                ThrowTooLong();
            }

            Copy(output, written, offset, length);
            written += length;
        }

        if (written != output.Length)
        {
            throw new PayloadException($"The Snappy block declares {output.Length} bytes and gives {written}.");
        }
    }

    /// <summary>Copies a literal of any length; returns that length and moves behind its header.</summary>
    private static int CopyLiteral(ReadOnlySpan<byte> block, ref int read, int length, Span<byte> output)
    {
        long total = length;
        int lengthBytes = length - SnappyElements.MaxLengthInTag;
        if (lengthBytes > 0)
        {
            if (block.Length - read < lengthBytes)
            {
                ThrowTruncated();
            }

            total = 1;
            for (int i = 0; i < lengthBytes; i++)
            {
                total += (long)block[read + i] << (8 * i);
            }

            read += lengthBytes;
        }

        if (total > block.Length - read)
        {
            ThrowTruncated();
        }

        if (total > output.Length)
        {
            ThrowTooLong();
        }

        block.Slice(read, (int)total).CopyTo(output);
        return (int)total;
    }

    /// <summary>Repeats bytes from earlier in the output; a copy longer than its offset repeats itself.</summary>
    private static void Copy(Span<byte> output, int written, int offset, int length)
    {
        int from = written - offset;
        if (offset >= Chunk && output.Length - written >= SnappyElements.MaxCopyLength)
        {
            // Chunks never reach into what they have still to write, since the offset is at least a chunk.
            for (int done = 0; done < length; done += Chunk)
            {
                Vector128.Create((ReadOnlySpan<byte>)output.Slice(from + done, Chunk)).CopyTo(output.Slice(written + done, Chunk));
            }

            return;
        }

        // The run between source and target doubles with each round.
        while (length > 0)
        {
            int run = Math.Min(written - from, length);
            output.Slice(from, run).CopyTo(output[written..]);
            written += run;
            length -= run;
        }
    }

    [DoesNotReturn]
    private static void ThrowTruncated() => throw new PayloadException("The Snappy block ends within an element.");

    [DoesNotReturn]
    private static void ThrowTooLong() => throw new PayloadException("The Snappy block gives more bytes than it declares.");
}

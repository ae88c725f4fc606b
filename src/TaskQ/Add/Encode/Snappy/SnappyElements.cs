using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TaskQ.Add.Encode.Snappy;

/// <summary>The elements of a Snappy block and how they are written.</summary>
/// <remarks>Format: https://github.com/google/snappy/blob/main/format_description.txt, section 2.</remarks>
internal static class SnappyElements
{
    /// <summary>The low two bits of a tag say what kind of element it starts.</summary>
    public const int KindMask = 3;
    public const int Literal = 0;
    public const int CopyOneByteOffset = 1;
    public const int CopyTwoByteOffset = 2;

    /// <summary>Literals up to this length have it in the tag; above, in one to four bytes after it.</summary>
    public const int MaxLengthInTag = 60;

    public const int MaxCopyLength = 64;

    /// <summary>The shortest copy, and what a short copy's three bits of length count from.</summary>
    public const int MinCopyLength = 4;

    private const int ShortCopyLengthEnd = 12;
    private const int ShortCopyOffsetEnd = 1 << 11;

    /// <summary>Writes bytes as they are; returns how many bytes that took.</summary>
    /// <param name="source">What is compressed.</param>
    /// <param name="start">Where the literal starts in it.</param>
    /// <param name="length">Its length, 1 to 65,536.</param>
    /// <param name="output">Where the element goes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteLiteral(ReadOnlySpan<byte> source, int start, int length, Span<byte> output)
    {
        // Most literals are short: one fixed copy of 16 bytes beats a call that copies the exact length.
        if (length <= Vector128<byte>.Count &&
            source.Length - start >= Vector128<byte>.Count &&
            output.Length > Vector128<byte>.Count)
        {
            output[0] = (byte)((length - 1) << 2);
            Vector128.Create(source.Slice(start, Vector128<byte>.Count)).CopyTo(output.Slice(1, Vector128<byte>.Count));
            return 1 + length;
        }

        int header = WriteLiteralHeader(length - 1, output);
        source.Slice(start, length).CopyTo(output[header..]);
        return header + length;
    }

    /// <summary>Writes a reference to earlier bytes, in pieces of at most 64; returns how many bytes that took.</summary>
    /// <param name="offset">How far back it starts, 1 to 65,535.</param>
    /// <param name="length">Its length, at least 4.</param>
    /// <param name="output">Where the elements go.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteCopy(int offset, int length, Span<byte> output)
    {
        int written = 0;
        while (length > MaxCopyLength)
        {
            // The last piece is never shorter than a copy may be.
            int piece = Math.Min(MaxCopyLength, length - MinCopyLength);
            written += WriteLongCopy(offset, piece, output[written..]);
            length -= piece;
        }

        if (length >= ShortCopyLengthEnd || offset >= ShortCopyOffsetEnd)
        {
            return written + WriteLongCopy(offset, length, output[written..]);
        }

        output[written + 1] = (byte)offset;
        output[written] = (byte)(((offset >> 8) << 5) | ((length - MinCopyLength) << 2) | CopyOneByteOffset);
        return written + 2;
    }

    private static int WriteLongCopy(int offset, int length, Span<byte> output)
    {
        output[0] = (byte)(((length - 1) << 2) | CopyTwoByteOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(output[1..], (ushort)offset);
        return 3;
    }

    private static int WriteLiteralHeader(int lengthMinusOne, Span<byte> output)
    {
        if (lengthMinusOne < MaxLengthInTag)
        {
            output[0] = (byte)(lengthMinusOne << 2);
            return 1;
        }

        if (lengthMinusOne <= byte.MaxValue)
        {
            output[0] = MaxLengthInTag << 2;
            output[1] = (byte)lengthMinusOne;
            return 2;
        }

        output[0] = (MaxLengthInTag + 1) << 2;
        BinaryPrimitives.WriteUInt16LittleEndian(output[1..], (ushort)lengthMinusOne);
        return 3;
    }
}

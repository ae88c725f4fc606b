using System.Buffers;
using System.Numerics;

namespace TaskQ.Add.Encode.Snappy;

/// <summary>Compresses bytes to one Snappy block.</summary>
/// <remarks>Format: https://github.com/google/snappy/blob/main/format_description.txt. Any decoder of the format reads it.</remarks>
internal static class SnappyEncoder
{
    /// <summary>Fragments of this size are compressed for themselves, so positions in them fit 16 bits.</summary>
    private const int FragmentSize = 1 << 16;

    private const int MinTableBits = 8;
    private const int MaxTableBits = 14;

    /// <summary>The most bytes that <see cref="Encode"/> writes, and the room it needs.</summary>
    /// <remarks>The bound of the reference implementation: a literal costs at most a few bytes more, the rest is the preamble and slack.</remarks>
    public static long MaxEncodedLength(int inputLength) => (long)inputLength + (inputLength / 6) + 32;

    /// <summary>Compresses; returns the length of the block.</summary>
    /// <param name="input">What is compressed.</param>
    /// <param name="output">Where the block goes, at least <see cref="MaxEncodedLength"/>.</param>
    public static int Encode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int written = Varint.Write(output, (uint)input.Length);
        ushort[]? table = null;
        try
        {
            while (!input.IsEmpty)
            {
                ReadOnlySpan<byte> fragment = input[..Math.Min(input.Length, FragmentSize)];
                input = input[fragment.Length..];
                if (fragment.Length < SnappyFragment.MinLength)
                {
                    written += SnappyElements.WriteLiteral(fragment, 0, fragment.Length, output[written..]);
                    continue;
                }

                int bits = TableBits(fragment.Length);
                table ??= ArrayPool<ushort>.Shared.Rent(1 << bits);
                Span<ushort> positions = table.AsSpan(0, 1 << bits);
                positions.Clear();
                written += SnappyFragment.Encode(fragment, output[written..], positions, bits);
            }
        }
        finally
        {
            if (table is not null)
            {
                ArrayPool<ushort>.Shared.Return(table);
            }
        }

        return written;
    }

    /// <summary>A small input gets a small table, since clearing it costs more than compressing.</summary>
    private static int TableBits(int length) =>
        Math.Clamp(BitOperations.Log2((uint)length - 1) + 1, MinTableBits, MaxTableBits);
}

using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace TaskQ.Add.Encode.Snappy;

/// <summary>Finds repeated bytes in up to 64 KiB: greedy, with one candidate per hash of four bytes.</summary>
internal static class SnappyFragment
{
    /// <summary>Below this length there is nothing to gain.</summary>
    public const int MinLength = Tail + 2;

    /// <summary>No match starts in the last bytes, so eight bytes can be loaded at each start.</summary>
    private const int Tail = 15;

    /// <summary>After so many misses the search takes steps of two bytes, then three, ...: random input is passed over quickly.</summary>
    private const int MissesPerStepBits = 5;

    /// <summary>Writes the elements; returns how many bytes they took.</summary>
    /// <param name="source">The fragment, at least <see cref="MinLength"/>.</param>
    /// <param name="output">Where the elements go.</param>
    /// <param name="table">The last position of each hash, cleared: a wrong candidate is found out by comparing.</param>
    /// <param name="tableBits">The binary logarithm of its size.</param>
    // Compiled as a whole and once: inlined into a caller or recompiled by profile, the loop was measured at half the speed.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> output, Span<ushort> table, int tableBits)
    {
        int shift = 32 - tableBits;
        int lastStart = source.Length - Tail;
        int literalStart = 0;
        int written = 0;
        int position = 1;
        while (true)
        {
            // 1. Look for four bytes that were seen before.
            int candidate;
            int misses = 1 << MissesPerStepBits;
            while (true)
            {
                if (position > lastStart)
                {
                    return written + WriteRest(source, literalStart, output[written..]);
                }

                uint current = Load32(source, position);
                ref ushort slot = ref table[Hash(current, shift)];
                candidate = slot;
                slot = (ushort)position;
                if (current == Load32(source, candidate))
                {
                    break;
                }

                position += misses++ >> MissesPerStepBits;
            }

            // 2. What lies before is a literal.
            if (position > literalStart)
            {
                written += SnappyElements.WriteLiteral(source, literalStart, position - literalStart, output[written..]);
            }

            // 3. The match is a copy; often another one follows at once.
            while (true)
            {
                int length = MatchLength(source, candidate, position);
                written += SnappyElements.WriteCopy(position - candidate, length, output[written..]);
                position += length;
                literalStart = position;
                if (position > lastStart)
                {
                    return written + WriteRest(source, literalStart, output[written..]);
                }

                ulong window = Load64(source, position - 1);
                table[Hash((uint)window, shift)] = (ushort)(position - 1);
                uint next = (uint)(window >> 8);
                ref ushort slot = ref table[Hash(next, shift)];
                candidate = slot;
                slot = (ushort)position;
                if (next != Load32(source, candidate))
                {
                    position++;
                    break;
                }
            }
        }
    }

    private static int WriteRest(ReadOnlySpan<byte> source, int start, Span<byte> output) =>
        start == source.Length ? 0 : SnappyElements.WriteLiteral(source, start, source.Length - start, output);

    /// <summary>How many bytes are the same at two positions, of which the first four are known to be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int MatchLength(ReadOnlySpan<byte> source, int candidate, int position)
    {
        int start = position;
        position += SnappyElements.MinCopyLength;
        candidate += SnappyElements.MinCopyLength;
        while (position <= source.Length - sizeof(ulong))
        {
            ulong difference = Load64(source, position) ^ Load64(source, candidate);
            if (difference != 0)
            {
                return position - start + (BitOperations.TrailingZeroCount(difference) >> 3);
            }

            position += sizeof(ulong);
            candidate += sizeof(ulong);
        }

        while (position < source.Length && source[position] == source[candidate])
        {
            position++;
            candidate++;
        }

        return position - start;
    }

    private static uint Load32(ReadOnlySpan<byte> source, int position) =>
        BinaryPrimitives.ReadUInt32LittleEndian(source.Slice(position, sizeof(uint)));

    private static ulong Load64(ReadOnlySpan<byte> source, int position) =>
        BinaryPrimitives.ReadUInt64LittleEndian(source.Slice(position, sizeof(ulong)));

    /// <summary>Multiplicative hashing by the golden ratio (Knuth, The Art of Computer Programming, vol. 3, 6.4).</summary>
    private static int Hash(uint value, int shift) => (int)((value * 2654435761u) >> shift);
}

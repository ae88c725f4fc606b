using System.Numerics;

namespace TaskQ.Add.Encode;

/// <summary>Unsigned 32-bit numbers in groups of seven bits, the lowest first (LEB128), as Snappy writes its length.</summary>
internal static class Varint
{
    public const int MaxLength = 5;

    /// <summary>How many bytes a value takes.</summary>
    public static int LengthOf(uint value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Writes a value; returns its length.</summary>
    public static int Write(Span<byte> output, uint value)
    {
        int length = 0;
        while (value >= 0x80)
        {
            output[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        output[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a value; false when it is cut off or larger than 32 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> input, out uint value, out int length)
    {
        value = 0;
        for (length = 0; length < MaxLength && length < input.Length;)
        {
            byte next = input[length];
            if (length == MaxLength - 1 && next > 0x0F)
            {
                break;
            }

            value |= (uint)(next & 0x7F) << (7 * length);
            length++;
            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }
}

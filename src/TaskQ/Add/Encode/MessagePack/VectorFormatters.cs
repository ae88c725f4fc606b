using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Types that are nothing but some numbers of 32 bits: an array of them.</summary>
internal static class VectorFormatters
{
    public static void AddTo(LeafTable table)
    {
        Add<Vector2>(table);
        Add<Vector3>(table);
        Add<Vector4>(table);
        Add<Quaternion>(table);
        Add<Matrix3x2>(table);
        Add<Matrix4x4>(table);
    }

    private static void Add<T>(LeafTable table)
        where T : unmanaged => table.Add<T>(Write, Read<T>);

    private static void Write<T>(ref MessagePackWriter writer, T value)
        where T : unmanaged
    {
        var numbers = MemoryMarshal.Cast<T, float>(new ReadOnlySpan<T>(ref value));
        writer.WriteArrayHeader(numbers.Length);
        foreach (var number in numbers)
        {
            writer.WriteSingle(number);
        }
    }

    private static T Read<T>(ref MessagePackReader reader)
        where T : unmanaged
    {
        var value = default(T);
        var numbers = MemoryMarshal.Cast<T, float>(new Span<T>(ref value));
        if (reader.ReadArrayHeader() != numbers.Length)
        {
            throw reader.Error($"expected an array of {numbers.Length} numbers.");
        }

        foreach (ref var number in numbers)
        {
            number = reader.ReadSingle();
        }

        return value;
    }
}

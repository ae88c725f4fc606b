using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Hash codes that depend on the random seed of <see cref="HashCode"/> and on every bit of the value.</summary>
internal static class KeyHash
{
    // Divided by it, a decimal loses its trailing zeros: equal values get equal bits.
    private const decimal Normaliser = 1.0000000000000000000000000000m;

    private static readonly Dictionary<Type, Delegate> Functions = new()
    {
        [typeof(int)] = (Func<int, int>)(static v => HashCode.Combine(v)),
        [typeof(uint)] = (Func<uint, int>)(static v => HashCode.Combine(v)),
        [typeof(long)] = (Func<long, int>)Of,
        [typeof(ulong)] = (Func<ulong, int>)(static v => Of((long)v)),
        [typeof(Int128)] = (Func<Int128, int>)(static v => Of((UInt128)v)),
        [typeof(UInt128)] = (Func<UInt128, int>)Of,
        [typeof(float)] = (Func<float, int>)(static v => HashCode.Combine(v)),
        [typeof(double)] = (Func<double, int>)Of,
        [typeof(decimal)] = (Func<decimal, int>)Of,
        [typeof(BigInteger)] = (Func<BigInteger, int>)(static v => v.GetHashCode()),
        [typeof(Rune)] = (Func<Rune, int>)(static v => HashCode.Combine(v.Value)),
        [typeof(DateTime)] = (Func<DateTime, int>)(static v => Of(v.Ticks)),
        [typeof(DateTimeOffset)] = (Func<DateTimeOffset, int>)(static v => Of(v.UtcTicks)),
        [typeof(DateOnly)] = (Func<DateOnly, int>)(static v => HashCode.Combine(v.DayNumber)),
        [typeof(TimeOnly)] = (Func<TimeOnly, int>)(static v => Of(v.Ticks)),
        [typeof(TimeSpan)] = (Func<TimeSpan, int>)(static v => Of(v.Ticks)),
        [typeof(Guid)] = (Func<Guid, int>)(static v => Of(Unsafe.BitCast<Guid, UInt128>(v))),
        [typeof(Version)] = (Func<Version, int>)(static v => HashCode.Combine(v.Major, v.Minor, v.Build, v.Revision)),
    };

    /// <summary>Whether the default hash code is random already, or the type has too few values to collide.</summary>
    public static bool IsDefaultSafe(Type type) =>
        type == typeof(string) || type == typeof(Uri)
        || (type.IsEnum ? Enum.GetUnderlyingType(type) : type) is var number
        && (number == typeof(bool) || number == typeof(byte) || number == typeof(sbyte) || number == typeof(char)
            || number == typeof(short) || number == typeof(ushort) || number == typeof(Half));

    /// <summary>The function of a type, null when only its own hash code is known.</summary>
    public static Func<T, int>? Find<T>()
    {
        if (typeof(T).IsEnum)
        {
            return Unsafe.SizeOf<T>() == sizeof(int)
                ? static v => HashCode.Combine(Unsafe.As<T, int>(ref v))
                : static v => Of(Unsafe.As<T, long>(ref v));
        }

        return (Func<T, int>?)Functions.GetValueOrDefault(typeof(T));
    }

    /// <summary>The hash code of a value by its run-time type; tuples by their items.</summary>
    public static int OfBoxed(object value)
    {
        switch (value)
        {
            case long v:
                return Of(v);
            case ulong v:
                return Of((long)v);
            case double v:
                return Of(v);
            case decimal v:
                return Of(v);
            case DateTime v:
                return Of(v.Ticks);
            case DateTimeOffset v:
                return Of(v.UtcTicks);
            case TimeSpan v:
                return Of(v.Ticks);
            case Guid v:
                return Of(Unsafe.BitCast<Guid, UInt128>(v));
            case ITuple tuple:
                var hash = default(HashCode);
                for (var i = 0; i < tuple.Length; i++)
                {
                    hash.Add(tuple[i] is { } item ? OfBoxed(item) : 0);
                }

                return hash.ToHashCode();
            default:
                return HashCode.Combine(value);
        }
    }

    private static int Of(long value) => HashCode.Combine((int)value, (int)(value >> 32));

    private static int Of(UInt128 value) =>
        HashCode.Combine((int)value, (int)(value >> 32), (int)(value >> 64), (int)(value >> 96));

    // Zeros of either sign are equal, and so are all NaN.
    private static int Of(double value) =>
        Of(value == 0 ? 0L : double.IsNaN(value) ? long.MaxValue : BitConverter.DoubleToInt64Bits(value));

    private static int Of(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value / Normaliser, bits);
        return HashCode.Combine(bits[0], bits[1], bits[2], value == 0 ? 0 : bits[3]);
    }
}

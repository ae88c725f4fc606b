using System.Runtime.CompilerServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Types that are written as the one value inside of them.</summary>
internal static class WrapperFamilies
{
    public static Formatter<T?> Nullable<T>(FormatterResolver resolver)
        where T : struct => new NullableFormatter<T>(resolver.Get<T>());

    public static Formatter<Lazy<T>> Lazy<T>(FormatterResolver resolver) => new LazyFormatter<T>(resolver.Get<T>());

    public static Formatter Enum<TEnum, TNumber>(FormatterResolver resolver)
        where TEnum : struct
        where TNumber : struct => new EnumFormatter<TEnum, TNumber>(resolver.Get<TNumber>());

    private sealed class NullableFormatter<T>(Formatter<T> inner) : Formatter<T?>
        where T : struct
    {
        public override void Write(ref MessagePackWriter writer, T? value)
        {
            if (value.HasValue)
            {
                inner.Write(ref writer, value.GetValueOrDefault());
            }
            else
            {
                writer.WriteNil();
            }
        }

        public override T? Read(ref MessagePackReader reader) => reader.TryReadNil() ? null : inner.Read(ref reader);
    }

    private sealed class LazyFormatter<T>(Formatter<T> inner) : Formatter<Lazy<T>>
    {
        public override void Write(ref MessagePackWriter writer, Lazy<T>? value)
        {
            if (value is null)
            {
                writer.WriteNil();
            }
            else
            {
                inner.Write(ref writer, value.Value);
            }
        }

        public override Lazy<T>? Read(ref MessagePackReader reader) =>
            reader.TryReadNil() ? null : new Lazy<T>(inner.Read(ref reader)!);
    }

    private sealed class EnumFormatter<TEnum, TNumber>(Formatter<TNumber> inner) : Formatter<TEnum>
        where TEnum : struct
        where TNumber : struct
    {
        public override void Write(ref MessagePackWriter writer, TEnum value) =>
            inner.Write(ref writer, Unsafe.BitCast<TEnum, TNumber>(value));

        public override TEnum Read(ref MessagePackReader reader) =>
            Unsafe.BitCast<TNumber, TEnum>(inner.Read(ref reader));
    }
}

using System.Buffers;

namespace TaskQ.Registry;

/// <summary>Arguments in fields of their own types: no boxes and no array.</summary>
internal abstract class TypedArguments : MessageArguments
{
    /// <summary>The class for arguments of these types, null when there are too many or none.</summary>
    public static Type? ClassFor(Type[] types) => types.Length switch
    {
        1 => typeof(Arguments<>).MakeGenericType(types),
        2 => typeof(Arguments<,>).MakeGenericType(types),
        3 => typeof(Arguments<,,>).MakeGenericType(types),
        4 => typeof(Arguments<,,,>).MakeGenericType(types),
        5 => typeof(Arguments<,,,,>).MakeGenericType(types),
        6 => typeof(Arguments<,,,,,>).MakeGenericType(types),
        _ => null,
    };

    public sealed override void Write(IPayloadSerializer serializer, IBufferWriter<byte> output)
    {
        serializer.WriteCount(output, Count);
        WriteItems(serializer, output, canonical: false);
    }

    public sealed override void WriteCanonical(IPayloadSerializer serializer, IBufferWriter<byte> output)
    {
        serializer.WriteCount(output, Count);
        WriteItems(serializer, output, canonical: true);
    }

    protected abstract void WriteItems(IPayloadSerializer serializer, IBufferWriter<byte> output, bool canonical);
}

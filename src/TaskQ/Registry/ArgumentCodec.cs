using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace TaskQ.Registry;

/// <summary>Reads and writes the values of one parameter with a queue's serializer.</summary>
internal abstract class ArgumentCodec
{
    public abstract Type Type { get; }

    /// <summary>For a parameter whose type is known only at run time: reflection, once at registration.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reached only from members that require it.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reached only from members that require it.")]
    public static ArgumentCodec Create(Type type, IPayloadSerializer serializer) =>
        (ArgumentCodec)Activator.CreateInstance(typeof(ArgumentCodec<>).MakeGenericType(type), serializer)!;

    /// <summary>The <see cref="PayloadReader{T}"/> of the type.</summary>
    /// <exception cref="PayloadException">The type can't be read.</exception>
    public abstract Delegate GetReader();

    /// <summary>Resolves the writer, so that a type that can't be written is known before the first message.</summary>
    /// <exception cref="PayloadException">The type can't be written.</exception>
    public abstract void ResolveWriter();

    /// <summary>Writes a value that is of exactly this type.</summary>
    public abstract void WriteBoxed(IPayloadSerializer serializer, IBufferWriter<byte> output, object? value, bool canonical);
}

using System.Buffers;

namespace TaskQ.Registry;

/// <summary>Arguments as they came from a backend: bytes, which a handler decodes to the types of its parameters.</summary>
/// <param name="serializer">What wrote them.</param>
/// <param name="payload">The bytes after the count.</param>
/// <param name="count">How many arguments these bytes hold; nothing but their length has checked that.</param>
internal sealed class EncodedArguments(IPayloadSerializer serializer, ReadOnlyMemory<byte> payload, int count)
    : MessageArguments
{
    public override int Count => count;

    /// <summary>The arguments one after the other, without the count.</summary>
    public ReadOnlyMemory<byte> Payload => payload;

    public IPayloadSerializer Serializer => serializer;

    /// <summary>Decodes all before it too, each time: arguments have no index.</summary>
    /// <exception cref="PayloadException">The bytes can't be read.</exception>
    public override object? this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
            PayloadReader<object?> reader = serializer.GetReader<object?>();
            ReadOnlyMemory<byte> rest = payload;
            for (int i = 0; i < index; i++)
            {
                reader(ref rest);
            }

            return reader(ref rest);
        }
    }

    /// <summary>Copies the bytes. Another serializer than the one that wrote them gets the values, as primitives and collections.</summary>
    public override void Write(IPayloadSerializer serializer, IBufferWriter<byte> output)
    {
        serializer.WriteCount(output, count);
        if (serializer.GetType() == Serializer.GetType())
        {
            output.Write(payload.Span);
            return;
        }

        PayloadReader<object?> reader = Serializer.GetReader<object?>();
        PayloadWriter<object?> writer = serializer.GetWriter<object?>();
        ReadOnlyMemory<byte> rest = payload;
        for (int i = 0; i < count; i++)
        {
            writer(output, reader(ref rest));
        }
    }
}

using System.Buffers;

namespace TaskQ.Registry;

/// <summary>Arguments that came from a backend as bytes; a handler decodes them straight to its parameters.</summary>
internal sealed class EncodedArguments(ReadOnlyMemory<byte> payload, int count, IPayloadSerializer serializer)
    : MessageArguments
{
    /// <summary>The arguments one after the other, without their count.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = payload;

    public override int Count { get; } = count;

    public IPayloadSerializer Serializer { get; } = serializer;

    public override object? this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            PayloadReader<object?> reader = Serializer.GetReader<object?>();
            ReadOnlyMemory<byte> rest = Payload;
            object? value = reader(ref rest);
            for (int i = 0; i < index; i++)
            {
                value = reader(ref rest);
            }

            return value;
        }
    }

    public override void Write(IPayloadSerializer serializer, IBufferWriter<byte> output)
    {
        serializer.WriteCount(output, Count);
        output.Write(Payload.Span);
    }
}

using System.Buffers;

namespace TaskQ.Registry;

/// <summary>Arguments as boxed values, checked and converted by a schema; without one they are written by their own types.</summary>
internal sealed class ArgumentArray(object?[] values, ArgumentSchema? schema = null) : MessageArguments
{
    public static readonly ArgumentArray Empty = new([]);

    public object?[] Values { get; } = values;

    public override int Count => Values.Length;

    public override object? this[int index] => Values[index];

    public override void Write(IPayloadSerializer serializer, IBufferWriter<byte> output) =>
        Write(serializer, output, canonical: false);

    public override void WriteCanonical(IPayloadSerializer serializer, IBufferWriter<byte> output) =>
        Write(serializer, output, canonical: true);

    private void Write(IPayloadSerializer serializer, IBufferWriter<byte> output, bool canonical)
    {
        serializer.WriteCount(output, Values.Length);
        if (schema is null)
        {
            var codec = new ArgumentCodec<object?>(serializer);
            foreach (object? value in Values)
            {
                codec.Write(serializer, output, value, canonical);
            }

            return;
        }

        for (int i = 0; i < Values.Length; i++)
        {
            schema.Parameters[i].Codec.WriteBoxed(serializer, output, Values[i], canonical);
        }
    }
}

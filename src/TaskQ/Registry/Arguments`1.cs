using System.Buffers;

namespace TaskQ.Registry;

/// <summary>The one argument of a typed task, unboxed.</summary>
internal sealed class Arguments<T1>(T1 item1, ArgumentSchema schema) : TypedArguments
{
    public readonly T1 Item1 = item1;

    public override int Count => 1;

    public override object? this[int index] => index switch
    {
        0 => Item1,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    protected override void WriteItems(IPayloadSerializer serializer, IBufferWriter<byte> output, bool canonical)
    {
        schema.CodecOf<T1>(0).Write(serializer, output, Item1, canonical);
    }
}

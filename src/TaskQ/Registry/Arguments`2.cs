using System.Buffers;

namespace TaskQ.Registry;

/// <summary>The two arguments of a typed task, unboxed.</summary>
internal sealed class Arguments<T1, T2>(T1 item1, T2 item2, ArgumentSchema schema) : TypedArguments
{
    public readonly T1 Item1 = item1;
    public readonly T2 Item2 = item2;

    public override int Count => 2;

    public override object? this[int index] => index switch
    {
        0 => Item1,
        1 => Item2,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    protected override void WriteItems(IPayloadSerializer serializer, IBufferWriter<byte> output, bool canonical)
    {
        schema.CodecOf<T1>(0).Write(serializer, output, Item1, canonical);
        schema.CodecOf<T2>(1).Write(serializer, output, Item2, canonical);
    }
}

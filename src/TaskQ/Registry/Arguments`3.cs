using System.Buffers;

namespace TaskQ.Registry;

/// <summary>The three arguments of a typed task, unboxed.</summary>
internal sealed class Arguments<T1, T2, T3>(T1 item1, T2 item2, T3 item3, ArgumentSchema schema) : TypedArguments
{
    public readonly T1 Item1 = item1;
    public readonly T2 Item2 = item2;
    public readonly T3 Item3 = item3;

    public override int Count => 3;

    public override object? this[int index] => index switch
    {
        0 => Item1,
        1 => Item2,
        2 => Item3,
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    protected override void WriteItems(IPayloadSerializer serializer, IBufferWriter<byte> output, bool canonical)
    {
        schema.CodecOf<T1>(0).Write(serializer, output, Item1, canonical);
        schema.CodecOf<T2>(1).Write(serializer, output, Item2, canonical);
        schema.CodecOf<T3>(2).Write(serializer, output, Item3, canonical);
    }
}

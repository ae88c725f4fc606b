namespace TaskQ.Tests.Add.Encode.MessagePack.Vectors;

/// <summary>A value of a vector and its type; the expected bytes are in the JSON file at the same index.</summary>
internal abstract record Vector(int Index)
{
    public abstract byte[] Write(MessagePackSerializer serializer);

    /// <summary>Reads and tells how the value differs from the vector's, null when it does not.</summary>
    public abstract string? Read(MessagePackSerializer serializer, byte[] bytes);

    public abstract byte[] Rewrite(MessagePackSerializer serializer, byte[] bytes);
}

internal sealed record Vector<T>(int Index, Func<T?> Value) : Vector(Index)
{
    public override byte[] Write(MessagePackSerializer serializer) => serializer.Encode(Value());

    public override string? Read(MessagePackSerializer serializer, byte[] bytes) =>
        DeepEquality.Difference(Value(), serializer.Decode<T>(bytes));

    public override byte[] Rewrite(MessagePackSerializer serializer, byte[] bytes) =>
        serializer.Encode(serializer.Decode<T>(bytes));
}

internal sealed record LeftOutVector(int Index, string Reason) : Vector(Index)
{
    public override byte[] Write(MessagePackSerializer serializer) => throw new InvalidOperationException(Reason);

    public override string? Read(MessagePackSerializer serializer, byte[] bytes) => throw new InvalidOperationException(Reason);

    public override byte[] Rewrite(MessagePackSerializer serializer, byte[] bytes) => throw new InvalidOperationException(Reason);
}

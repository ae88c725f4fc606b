namespace TaskQ.Add;

/// <summary>Writers under which equal values have equal bytes, for names that are made of arguments.</summary>
internal static class CanonicalWriter
{
    /// <summary>The writer for a type of argument.</summary>
    /// <exception cref="PayloadException">The type can't be serialized.</exception>
    public static PayloadWriter<T> For<T>(IPayloadSerializer serializer) =>
        serializer is MessagePackSerializer messagePack ? messagePack.GetCanonicalWriter<T>() : serializer.GetWriter<T>();
}

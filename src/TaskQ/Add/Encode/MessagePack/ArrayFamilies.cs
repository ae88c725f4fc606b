using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Arrays, and what is stored like one.</summary>
internal static class ArrayFamilies
{
    public static Formatter<T[]> Array<T>(FormatterResolver resolver) =>
        new SpanFormatter<T[], T>(resolver.Get<T>(), static _ => false, static v => v, static items => items.ToArray());

    public static Formatter MultiArray<TArray, T>(FormatterResolver resolver)
        where TArray : class => new MultiArrayFormatter<TArray, T>(resolver.Get<T[]>());

    public static Formatter<List<T>> List<T>(FormatterResolver resolver) =>
        new SpanFormatter<List<T>, T>(resolver.Get<T>(), static _ => false, static v => CollectionsMarshal.AsSpan(v), BuildList);

    public static Formatter<ImmutableArray<T>> ImmutableArray<T>(FormatterResolver resolver) =>
        new SpanFormatter<ImmutableArray<T>, T>(
            resolver.Get<T>(), static v => v.IsDefault, static v => v.AsSpan(), static items => [.. items]);

    public static Formatter<ArraySegment<T>> ArraySegment<T>(FormatterResolver resolver) =>
        new SpanFormatter<ArraySegment<T>, T>(
            resolver.Get<T>(), static v => v.Array is null, static v => v, static items => new ArraySegment<T>(items.ToArray()));

    public static Formatter<Memory<T>> Memory<T>(FormatterResolver resolver) =>
        new SpanFormatter<Memory<T>, T>(resolver.Get<T>(), static _ => false, static v => v.Span, static items => items.ToArray());

    public static Formatter<ReadOnlyMemory<T>> ReadOnlyMemory<T>(FormatterResolver resolver) =>
        new SpanFormatter<ReadOnlyMemory<T>, T>(resolver.Get<T>(), static _ => false, static v => v.Span, static items => items.ToArray());

    /// <summary>A list of exactly the size of its items.</summary>
    public static List<T> BuildList<T>(ReadOnlySpan<T> items)
    {
        var list = new List<T>(items.Length);
        list.AddRange(items);
        return list;
    }
}

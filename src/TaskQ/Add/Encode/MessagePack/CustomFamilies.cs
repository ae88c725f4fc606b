using System.Collections;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Users' own collections. Their properties are not written.</summary>
/// <remarks>
/// MessagePack-CSharp writes those that are also untyped lists or dictionaries by their untyped items, with integers
/// at full width. Ours has the same bytes; it still reads the typed items, so other widths are understood.
/// </remarks>
internal static class CustomFamilies
{
    public static Formatter Dictionary<TDictionary, TKey, TValue>(FormatterResolver resolver)
        where TDictionary : IDictionary<TKey, TValue>, new()
        where TKey : notnull
    {
        var untyped = typeof(IDictionary).IsAssignableFrom(typeof(TDictionary));
        return new DictionaryFormatter<TDictionary, TKey, TValue>(
            Items<TKey>(resolver, untyped), Items<TValue>(resolver, untyped), static v => v, BuildDictionary<TDictionary, TKey, TValue>);
    }

    public static Formatter Collection<TCollection, TItem>(FormatterResolver resolver)
        where TCollection : ICollection<TItem>, new() =>
        new SequenceFormatter<TCollection, TItem>(
            Items<TItem>(resolver, typeof(IList).IsAssignableFrom(typeof(TCollection))),
            static v => v,
            BuildCollection<TCollection, TItem>);

    public static Formatter Enumerable<TCollection, TItem>(FormatterResolver resolver)
        where TCollection : IEnumerable<TItem> =>
        new SequenceFormatter<TCollection, TItem>(
            resolver.Get<TItem>(),
            static v => v,
            static _ => throw new InvalidOperationException($"{TypeNames.Of(typeof(TCollection))} can be written but not created."));

    private static Formatter<T> Items<T>(FormatterResolver resolver, bool untyped) =>
        untyped ? new UntypedWriteFormatter<T>(resolver.Get<object>(), resolver.Get<T>()) : resolver.Get<T>();

    private static TDictionary BuildDictionary<TDictionary, TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TDictionary : IDictionary<TKey, TValue>, new()
        where TKey : notnull
    {
        KeyComparers.RefuseDefaultFlood(entries, static entry => entry.Key);
        var dictionary = new TDictionary();
        foreach (var (key, value) in entries)
        {
            dictionary.Add(key, value);
        }

        return dictionary;
    }

    private static TCollection BuildCollection<TCollection, TItem>(ReadOnlySpan<TItem> items)
        where TCollection : ICollection<TItem>, new()
    {
        var collection = new TCollection();
        if (collection is ISet<TItem>)
        {
            KeyComparers.RefuseDefaultFlood(items, static item => item);
        }

        foreach (var item in items)
        {
            collection.Add(item);
        }

        return collection;
    }

    private sealed class UntypedWriteFormatter<T>(Formatter<object> untyped, Formatter<T> typed) : Formatter<T>
    {
        public override void Write(ref MessagePackWriter writer, T? value) => untyped.Write(ref writer, value);

        public override T? Read(ref MessagePackReader reader) => typed.Read(ref reader);
    }
}

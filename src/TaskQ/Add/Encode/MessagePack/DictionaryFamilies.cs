using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Dynamic;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Dictionaries and their interfaces.</summary>
internal static class DictionaryFamilies
{
    // Each added member is looked for among all others.
    private const int MaxExpandoMembers = 1000;

    public static Formatter<Dictionary<TKey, TValue>> Dictionary<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<Dictionary<TKey, TValue>, TKey, TValue>(resolver, Build);

    public static Formatter<IDictionary<TKey, TValue>> Interface<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<IDictionary<TKey, TValue>, TKey, TValue>(resolver, Build);

    public static Formatter<IReadOnlyDictionary<TKey, TValue>> ReadOnlyInterface<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<IReadOnlyDictionary<TKey, TValue>, TKey, TValue>(resolver, Build);

    public static Formatter<ReadOnlyDictionary<TKey, TValue>> ReadOnly<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull =>
        Make<ReadOnlyDictionary<TKey, TValue>, TKey, TValue>(resolver, static entries => new(Build(entries)));

    public static Formatter<SortedDictionary<TKey, TValue>> Sorted<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull =>
        Make<SortedDictionary<TKey, TValue>, TKey, TValue>(resolver, static entries => new(Build(entries)));

    public static Formatter<SortedList<TKey, TValue>> SortedList<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull =>
        Make<SortedList<TKey, TValue>, TKey, TValue>(resolver, static entries => new(Build(entries)));

    public static Formatter<OrderedDictionary<TKey, TValue>> Ordered<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull =>
        Make<OrderedDictionary<TKey, TValue>, TKey, TValue>(resolver, static entries => new(Build(entries), KeyComparers.For<TKey>()));

    public static Formatter<ConcurrentDictionary<TKey, TValue>> Concurrent<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull =>
        Make<ConcurrentDictionary<TKey, TValue>, TKey, TValue>(resolver, static entries => new(Build(entries), KeyComparers.For<TKey>()));

    public static Formatter<FrozenDictionary<TKey, TValue>> Frozen<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<FrozenDictionary<TKey, TValue>, TKey, TValue>(
            resolver, static entries => Build(entries).ToFrozenDictionary(KeyComparers.For<TKey>()));

    public static Formatter<ImmutableDictionary<TKey, TValue>> Immutable<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<ImmutableDictionary<TKey, TValue>, TKey, TValue>(
            resolver, static entries => Build(entries).ToImmutableDictionary(KeyComparers.For<TKey>()));

    public static Formatter<IImmutableDictionary<TKey, TValue>> ImmutableInterface<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<IImmutableDictionary<TKey, TValue>, TKey, TValue>(
            resolver, static entries => Build(entries).ToImmutableDictionary(KeyComparers.For<TKey>()));

    public static Formatter<ImmutableSortedDictionary<TKey, TValue>> ImmutableSorted<TKey, TValue>(FormatterResolver resolver)
        where TKey : notnull => Make<ImmutableSortedDictionary<TKey, TValue>, TKey, TValue>(
            resolver, static entries => Build(entries).ToImmutableSortedDictionary());

    public static Formatter<Hashtable> Hashtable(FormatterResolver resolver) =>
        new DictionaryFormatter<Hashtable, object, object?>(
            resolver.Get<object>(), resolver.Get<object?>(), ViewUntyped, static entries => new Hashtable(Build(entries), HashtableComparer()));

    public static Formatter<IDictionary> Untyped(FormatterResolver resolver) =>
        new DictionaryFormatter<IDictionary, object, object?>(
            resolver.Get<object>(), resolver.Get<object?>(), ViewUntyped, static entries => Build(entries));

    public static Formatter<ExpandoObject> Expando(FormatterResolver resolver) =>
        new DictionaryFormatter<ExpandoObject, string, object?>(
            resolver.Get<string>(), resolver.Get<object?>(), static v => v, BuildExpando);

    /// <summary>A dictionary that can't be flooded, and has each key once.</summary>
    public static Dictionary<TKey, TValue> Build<TKey, TValue>(ReadOnlySpan<KeyValuePair<TKey, TValue>> entries)
        where TKey : notnull
    {
        KeyComparers.RefuseFlood(entries, static entry => entry.Key);
        var dictionary = new Dictionary<TKey, TValue>(entries.Length, KeyComparers.For<TKey>());
        foreach (var (key, value) in entries)
        {
            dictionary.Add(key, value);
        }

        return dictionary;
    }

    private static DictionaryFormatter<TDictionary, TKey, TValue> Make<TDictionary, TKey, TValue>(
        FormatterResolver resolver, BuildCollection<TDictionary, KeyValuePair<TKey, TValue>> build)
        where TDictionary : IEnumerable<KeyValuePair<TKey, TValue>>
        where TKey : notnull => new(resolver.Get<TKey>(), resolver.Get<TValue>(), static v => v, build);

    private static KeyValuePair<object, object?>[] ViewUntyped(IDictionary value)
    {
        var entries = new KeyValuePair<object, object?>[value.Count];
        var next = 0;
        foreach (DictionaryEntry entry in value)
        {
            entries[next++] = new(entry.Key, entry.Value);
        }

        return entries;
    }

    private static IEqualityComparer? HashtableComparer() => KeyComparers.For<object>() as IEqualityComparer;

    private static ExpandoObject BuildExpando(ReadOnlySpan<KeyValuePair<string, object?>> entries)
    {
        if (entries.Length > MaxExpandoMembers)
        {
            throw new InvalidOperationException($"an ExpandoObject may have {MaxExpandoMembers} members at most.");
        }

        IDictionary<string, object?> value = new ExpandoObject();
        foreach (var (key, item) in entries)
        {
            value.Add(key, item);
        }

        return (ExpandoObject)value;
    }
}

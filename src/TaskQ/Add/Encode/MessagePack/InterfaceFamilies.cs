using System.Collections;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Interfaces of collections with one type of item: an array where it is enough, else a list or a set.</summary>
internal static class InterfaceFamilies
{
    public static Formatter<IEnumerable<T>> Enumerable<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IEnumerable<T>, T>(resolver.Get<T>(), static v => v, static items => items.ToArray());

    public static Formatter<IReadOnlyCollection<T>> ReadOnlyCollection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IReadOnlyCollection<T>, T>(resolver.Get<T>(), static v => v, static items => items.ToArray());

    public static Formatter<IReadOnlyList<T>> ReadOnlyList<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IReadOnlyList<T>, T>(resolver.Get<T>(), static v => v, static items => items.ToArray());

    public static Formatter<ICollection<T>> Collection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ICollection<T>, T>(resolver.Get<T>(), static v => v, ArrayFamilies.BuildList);

    public static Formatter<IList<T>> List<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IList<T>, T>(resolver.Get<T>(), static v => v, ArrayFamilies.BuildList);

    public static Formatter<ISet<T>> Set<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ISet<T>, T>(resolver.Get<T>(), static v => v, KeyComparers.BuildSet, unordered: true);

    public static Formatter<IReadOnlySet<T>> ReadOnlySet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IReadOnlySet<T>, T>(resolver.Get<T>(), static v => v, KeyComparers.BuildSet, unordered: true);

    public static Formatter<IEnumerable> Enumerable(FormatterResolver resolver) =>
        new SequenceFormatter<IEnumerable, object?>(
            resolver.Get<object?>(), static v => v.Cast<object?>(), static items => items.ToArray());

    public static Formatter<ICollection> Collection(FormatterResolver resolver) =>
        new SequenceFormatter<ICollection, object?>(
            resolver.Get<object?>(), static v => v.Cast<object?>(), ArrayFamilies.BuildList);

    public static Formatter<IList> List(FormatterResolver resolver) =>
        new SequenceFormatter<IList, object?>(
            resolver.Get<object?>(), static v => v.Cast<object?>(), ArrayFamilies.BuildList);
}

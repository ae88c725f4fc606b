using System.Collections.Frozen;
using System.Collections.Immutable;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Collections with one type of item that don't change.</summary>
internal static class ImmutableFamilies
{
    public static Formatter<ImmutableList<T>> List<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ImmutableList<T>, T>(resolver.Get<T>(), static v => v, static items => [.. items]);

    public static Formatter<IImmutableList<T>> ListInterface<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IImmutableList<T>, T>(
            resolver.Get<T>(), static v => v, static items => ImmutableList.Create(items));

    public static Formatter<ImmutableQueue<T>> Queue<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ImmutableQueue<T>, T>(resolver.Get<T>(), static v => v, static items => [.. items]);

    public static Formatter<IImmutableQueue<T>> QueueInterface<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IImmutableQueue<T>, T>(
            resolver.Get<T>(), static v => v, static items => ImmutableQueue.Create(items));

    public static Formatter<ImmutableStack<T>> Stack<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ImmutableStack<T>, T>(
            resolver.Get<T>(), static v => v, static items => ImmutableStack.Create(SequenceFamilies.Reversed(items)));

    public static Formatter<IImmutableStack<T>> StackInterface<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IImmutableStack<T>, T>(
            resolver.Get<T>(), static v => v, static items => ImmutableStack.Create(SequenceFamilies.Reversed(items)));

    public static Formatter<ImmutableHashSet<T>> HashSet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ImmutableHashSet<T>, T>(resolver.Get<T>(), static v => v, BuildHashSet, unordered: true);

    public static Formatter<IImmutableSet<T>> SetInterface<T>(FormatterResolver resolver) =>
        new SequenceFormatter<IImmutableSet<T>, T>(resolver.Get<T>(), static v => v, BuildHashSet, unordered: true);

    public static Formatter<ImmutableSortedSet<T>> SortedSet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ImmutableSortedSet<T>, T>(
            resolver.Get<T>(), static v => v, static items => [.. items], unordered: true);

    public static Formatter<FrozenSet<T>> FrozenSet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<FrozenSet<T>, T>(
            resolver.Get<T>(), static v => v, static items => KeyComparers.BuildSet(items).ToFrozenSet(KeyComparers.For<T>()), unordered: true);

    private static ImmutableHashSet<T> BuildHashSet<T>(ReadOnlySpan<T> items)
    {
        KeyComparers.RefuseFlood(items, static item => item);
        return ImmutableHashSet.Create(KeyComparers.For<T>(), items);
    }
}

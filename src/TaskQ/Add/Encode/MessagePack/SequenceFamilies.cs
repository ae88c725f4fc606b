using System.Collections;
using System.Collections.ObjectModel;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Collections with one type of item that can be created.</summary>
internal static class SequenceFamilies
{
    public static Formatter<Collection<T>> Collection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<Collection<T>, T>(
            resolver.Get<T>(), static v => v, static items => new Collection<T>(ArrayFamilies.BuildList(items)));

    public static Formatter<ObservableCollection<T>> ObservableCollection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ObservableCollection<T>, T>(
            resolver.Get<T>(), static v => v, static items => new ObservableCollection<T>(items.ToArray()));

    public static Formatter<ReadOnlyCollection<T>> ReadOnlyCollection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ReadOnlyCollection<T>, T>(
            resolver.Get<T>(), static v => v, static items => new ReadOnlyCollection<T>(items.ToArray()));

    public static Formatter<ReadOnlyObservableCollection<T>> ReadOnlyObservableCollection<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ReadOnlyObservableCollection<T>, T>(
            resolver.Get<T>(),
            static v => v,
            static items => new ReadOnlyObservableCollection<T>(new ObservableCollection<T>(items.ToArray())));

    public static Formatter<HashSet<T>> HashSet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<HashSet<T>, T>(
            resolver.Get<T>(), static v => v, KeyComparers.BuildSet, unordered: true);

    public static Formatter<SortedSet<T>> SortedSet<T>(FormatterResolver resolver) =>
        new SequenceFormatter<SortedSet<T>, T>(
            resolver.Get<T>(), static v => v, static items => new SortedSet<T>(items.ToArray()), unordered: true);

    public static Formatter<LinkedList<T>> LinkedList<T>(FormatterResolver resolver) =>
        new SequenceFormatter<LinkedList<T>, T>(
            resolver.Get<T>(), static v => v, static items => new LinkedList<T>(items.ToArray()));

    public static Formatter<Queue<T>> Queue<T>(FormatterResolver resolver) =>
        new SequenceFormatter<Queue<T>, T>(resolver.Get<T>(), static v => v, static items => new Queue<T>(items.ToArray()));

    public static Formatter<Stack<T>> Stack<T>(FormatterResolver resolver) =>
        new SequenceFormatter<Stack<T>, T>(resolver.Get<T>(), static v => v, static items => new Stack<T>(Reversed(items)));

    public static Formatter<PriorityQueue<TItem, TPriority>> PriorityQueue<TItem, TPriority>(FormatterResolver resolver) =>
        new SequenceFormatter<PriorityQueue<TItem, TPriority>, (TItem, TPriority)>(
            resolver.Get<(TItem, TPriority)>(),
            static v => v.UnorderedItems,
            static items => new PriorityQueue<TItem, TPriority>(items.ToArray()),
            unordered: true);

    public static Formatter<BitArray> BitArray(FormatterResolver resolver) =>
        new SequenceFormatter<BitArray, bool>(
            resolver.Get<bool>(), static v => v.Cast<bool>(), static items => new BitArray(items.ToArray()));

    public static Formatter<ArrayList> ArrayList(FormatterResolver resolver) =>
        new SequenceFormatter<ArrayList, object?>(
            resolver.Get<object?>(), static v => v.Cast<object?>(), static items => new ArrayList(items.ToArray()));

    /// <summary>The items last first: a stack is written from its top.</summary>
    public static T[] Reversed<T>(ReadOnlySpan<T> items)
    {
        var reversed = items.ToArray();
        Array.Reverse(reversed);
        return reversed;
    }
}

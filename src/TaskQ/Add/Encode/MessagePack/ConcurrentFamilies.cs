using System.Collections.Concurrent;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Collections with one type of item for several threads.</summary>
internal static class ConcurrentFamilies
{
    public static Formatter<ConcurrentQueue<T>> Queue<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ConcurrentQueue<T>, T>(
            resolver.Get<T>(), static v => v, static items => new ConcurrentQueue<T>(items.ToArray()));

    public static Formatter<ConcurrentStack<T>> Stack<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ConcurrentStack<T>, T>(
            resolver.Get<T>(), static v => v, static items => new ConcurrentStack<T>(SequenceFamilies.Reversed(items)));

    public static Formatter<ConcurrentBag<T>> Bag<T>(FormatterResolver resolver) =>
        new SequenceFormatter<ConcurrentBag<T>, T>(
            resolver.Get<T>(), static v => v, static items => new ConcurrentBag<T>(items.ToArray()), unordered: true);
}

using System.Collections;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Groups of LINQ: an array of the key and the array of its items.</summary>
internal static class LookupFamilies
{
    public static Formatter<IGrouping<TKey, TItem>> Grouping<TKey, TItem>(FormatterResolver resolver) =>
        new GroupingFormatter<TKey, TItem>(resolver.Get<(TKey, IEnumerable<TItem>)>());

    public static Formatter<ILookup<TKey, TItem>> Lookup<TKey, TItem>(FormatterResolver resolver) =>
        new SequenceFormatter<ILookup<TKey, TItem>, IGrouping<TKey, TItem>>(
            resolver.Get<IGrouping<TKey, TItem>>(), static v => v, BuildLookup, unordered: true);

    private static ILookup<TKey, TItem> BuildLookup<TKey, TItem>(ReadOnlySpan<IGrouping<TKey, TItem>> groups)
    {
        KeyComparers.RefuseFlood(groups, static group => group.Key);
        return groups.ToArray()
            .SelectMany(static group => group, static (group, item) => KeyValuePair.Create(group.Key, item))
            .ToLookup(static pair => pair.Key, static pair => pair.Value, KeyComparers.For<TKey>());
    }

    private sealed class GroupingFormatter<TKey, TItem>(Formatter<(TKey, IEnumerable<TItem>)> pair) : Formatter<IGrouping<TKey, TItem>>
    {
        public override void Write(ref MessagePackWriter writer, IGrouping<TKey, TItem>? value)
        {
            if (value is null)
            {
                writer.WriteNil();
            }
            else
            {
                pair.Write(ref writer, (value.Key, value));
            }
        }

        public override IGrouping<TKey, TItem>? Read(ref MessagePackReader reader)
        {
            if (reader.TryReadNil())
            {
                return null;
            }

            var (key, items) = pair.Read(ref reader);
            return new Group<TKey, TItem>(key, items ?? []);
        }
    }

    private sealed class Group<TKey, TItem>(TKey key, IEnumerable<TItem> items) : IGrouping<TKey, TItem>
    {
        public TKey Key => key;

        public IEnumerator<TItem> GetEnumerator() => items.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

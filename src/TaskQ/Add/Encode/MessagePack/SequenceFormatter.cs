using System.Collections;
using System.Collections.Concurrent;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>A collection that is written by enumerating it.</summary>
internal sealed class SequenceFormatter<TCollection, TItem>(
    Formatter<TItem> item,
    Func<TCollection, IEnumerable<TItem>> view,
    BuildCollection<TCollection, TItem> build,
    bool unordered = false)
    : ListFormatter<TCollection, TItem>(item, build)
{
    public override void Write(ref MessagePackWriter writer, TCollection? value)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        var items = view(value);
        if (writer.IsCanonical && (unordered || value is ISet<TItem> or IReadOnlySet<TItem> or IDictionary))
        {
            WriteSorted(ref writer, items);
            return;
        }

        // A concurrent collection may change between its count and its items.
        var known = -1;
        if (items is IProducerConsumerCollection<TItem> || !items.TryGetNonEnumeratedCount(out known))
        {
            var copy = items.ToArray();
            items = copy;
            known = copy.Length;
        }

        writer.Enter();
        writer.WriteArrayHeader(known);
        var written = 0;
        foreach (var each in items)
        {
            Item.Write(ref writer, each);
            written++;
        }

        if (written != known)
        {
            throw new PayloadException($"{TypeNames.Of(value.GetType())} changed its count from {known} to {written} while it was written.");
        }

        writer.Leave();
    }

    private void WriteSorted(ref MessagePackWriter writer, IEnumerable<TItem> items)
    {
        writer.Enter();
        var parts = new CanonicalParts();
        foreach (var each in items)
        {
            var aside = writer.Aside(parts.Output);
            Item.Write(ref aside, each);
            aside.Flush();
            writer.Absorb(in aside);
            parts.EndPart();
        }

        writer.WriteArrayHeader(parts.Count);
        parts.WriteTo(ref writer);
        writer.Leave();
    }
}

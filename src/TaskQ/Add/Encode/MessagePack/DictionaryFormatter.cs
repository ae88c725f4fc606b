using System.Collections.Concurrent;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>A dictionary, written as a map.</summary>
internal sealed class DictionaryFormatter<TDictionary, TKey, TValue>(
    Formatter<TKey> keys,
    Formatter<TValue> values,
    Func<TDictionary, IEnumerable<KeyValuePair<TKey, TValue>>> view,
    BuildCollection<TDictionary, KeyValuePair<TKey, TValue>> build)
    : GatheringFormatter<TDictionary, KeyValuePair<TKey, TValue>>(build)
    where TKey : notnull
{
    public override void Write(ref MessagePackWriter writer, TDictionary? value)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        writer.Enter();
        var entries = view(value);
        if (writer.IsCanonical)
        {
            WriteSorted(ref writer, entries);
        }
        else if (entries is Dictionary<TKey, TValue> dictionary)
        {
            writer.WriteMapHeader(dictionary.Count);
            foreach (var entry in dictionary)
            {
                WriteEntry(ref writer, entry);
            }
        }
        else
        {
            WriteEntries(ref writer, entries);
        }

        writer.Leave();
    }

    protected override int Begin(ref MessagePackReader reader) => reader.BeginMap();

    protected override KeyValuePair<TKey, TValue> ReadItem(ref MessagePackReader reader)
    {
        var key = keys.Read(ref reader);
        return new KeyValuePair<TKey, TValue>(key!, values.Read(ref reader)!);
    }

    private void WriteEntries(ref MessagePackWriter writer, IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        // A concurrent dictionary may change between its count and its entries.
        var known = -1;
        if (entries is ConcurrentDictionary<TKey, TValue> || !entries.TryGetNonEnumeratedCount(out known))
        {
            var copy = entries.ToArray();
            entries = copy;
            known = copy.Length;
        }

        writer.WriteMapHeader(known);
        var written = 0;
        foreach (var entry in entries)
        {
            WriteEntry(ref writer, entry);
            written++;
        }

        if (written != known)
        {
            throw new PayloadException($"A dictionary changed its count from {known} to {written} while it was written.");
        }
    }

    private void WriteSorted(ref MessagePackWriter writer, IEnumerable<KeyValuePair<TKey, TValue>> entries)
    {
        var parts = new CanonicalParts();
        foreach (var entry in entries)
        {
            var aside = writer.Aside(parts.Output);
            WriteEntry(ref aside, entry);
            aside.Flush();
            writer.Absorb(in aside);
            parts.EndPart();
        }

        writer.WriteMapHeader(parts.Count);
        parts.WriteTo(ref writer);
    }

    private void WriteEntry(ref MessagePackWriter writer, KeyValuePair<TKey, TValue> entry)
    {
        keys.Write(ref writer, entry.Key);
        values.Write(ref writer, entry.Value);
    }
}

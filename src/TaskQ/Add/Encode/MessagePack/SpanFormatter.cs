namespace TaskQ.Add.Encode.MessagePack;

/// <summary>The items of a collection, side by side in memory.</summary>
internal delegate ReadOnlySpan<TItem> ItemsOf<in TCollection, TItem>(TCollection value);

/// <summary>A collection whose items lie side by side in memory.</summary>
internal sealed class SpanFormatter<TCollection, TItem>(
    Formatter<TItem> item,
    Func<TCollection, bool> isNil,
    ItemsOf<TCollection, TItem> itemsOf,
    BuildCollection<TCollection, TItem> build)
    : ListFormatter<TCollection, TItem>(item, build)
{
    public override void Write(ref MessagePackWriter writer, TCollection? value)
    {
        if (value is null || isNil(value))
        {
            writer.WriteNil();
            return;
        }

        writer.Enter();
        var items = itemsOf(value);
        writer.WriteArrayHeader(items.Length);
        foreach (var each in items)
        {
            Item.Write(ref writer, each);
        }

        writer.Leave();
    }
}

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>A collection that is an array.</summary>
internal abstract class ListFormatter<TCollection, TItem>(Formatter<TItem> item, BuildCollection<TCollection, TItem> build)
    : GatheringFormatter<TCollection, TItem>(build)
{
    protected Formatter<TItem> Item { get; } = item;

    protected sealed override int Begin(ref MessagePackReader reader) => reader.BeginArray();

    protected sealed override TItem ReadItem(ref MessagePackReader reader) => Item.Read(ref reader)!;
}

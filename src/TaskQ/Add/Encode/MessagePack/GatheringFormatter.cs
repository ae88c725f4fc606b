using System.Buffers;
using System.Runtime.CompilerServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Makes a collection of its items; they are only valid during the call.</summary>
internal delegate TCollection BuildCollection<out TCollection, TItem>(ReadOnlySpan<TItem> items);

/// <summary>Reads the items of a collection, or the entries of a dictionary.</summary>
/// <remarks>They are gathered in a pooled buffer that grows as they come, so nothing is allocated on the word of a header.</remarks>
internal abstract class GatheringFormatter<TCollection, TItem>(BuildCollection<TCollection, TItem> build)
    : Formatter<TCollection>
{
    private const int InitialCapacity = 256;

    public sealed override TCollection? Read(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return default;
        }

        var count = Begin(ref reader);
        if (count == 0)
        {
            reader.Leave();
            return build([]);
        }

        var items = ArrayPool<TItem>.Shared.Rent(Math.Min(count, InitialCapacity));
        var read = 0;
        try
        {
            for (; read < count; read++)
            {
                if (read == items.Length)
                {
                    items = Grow(items);
                }

                items[read] = ReadItem(ref reader);
            }

            reader.Leave();
            return Build(ref reader, items.AsSpan(0, count));
        }
        finally
        {
            Return(items, read);
        }
    }

    /// <summary>Reads the header and goes one level deeper.</summary>
    protected abstract int Begin(ref MessagePackReader reader);

    protected abstract TItem ReadItem(ref MessagePackReader reader);

    private TCollection Build(ref MessagePackReader reader, ReadOnlySpan<TItem> items)
    {
        try
        {
            return build(items);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or InvalidOperationException)
        {
            throw reader.Error(exception.Message, exception);
        }
    }

    private static TItem[] Grow(TItem[] items)
    {
        var larger = ArrayPool<TItem>.Shared.Rent(items.Length * 2);
        items.CopyTo(larger, 0);
        Return(items, items.Length);
        return larger;
    }

    private static void Return(TItem[] items, int used)
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<TItem>())
        {
            items.AsSpan(0, used).Clear();
        }

        ArrayPool<TItem>.Shared.Return(items);
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>An array of several dimensions: an array of its lengths, then an array of its items, the last dimension fastest.</summary>
internal sealed class MultiArrayFormatter<TArray, TItem>(Formatter<TItem[]> flat) : Formatter<TArray>
    where TArray : class
{
    private static readonly int Rank = typeof(TArray).GetArrayRank();

    public override void Write(ref MessagePackWriter writer, TArray? value)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        var array = (Array)(object)value;
        writer.Enter();
        writer.WriteArrayHeader(Rank + 1);
        for (var i = 0; i < Rank; i++)
        {
            writer.WriteInt64(array.GetLength(i));
        }

        flat.Write(ref writer, ItemsOf(array).ToArray());
        writer.Leave();
    }

    public override TArray? Read(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        if (reader.BeginArray() != Rank + 1)
        {
            throw reader.Error($"expected {Rank} lengths and an array of items.");
        }

        var lengths = new int[Rank];
        foreach (ref var length in lengths.AsSpan())
        {
            length = reader.ReadInteger<int>();
        }

        // The items are read first: the lengths are only believed when they fit them.
        var items = flat.Read(ref reader);
        if (items is null || !Fits(lengths, items.Length))
        {
            throw reader.Error($"the lengths {string.Join(" x ", lengths)} don't fit the number of items.");
        }

        var array = Array.CreateInstance(typeof(TItem), lengths);
        items.CopyTo(ItemsOf(array));
        reader.Leave();
        return (TArray)(object)array;
    }

    private static bool Fits(int[] lengths, int count)
    {
        if (Array.Exists(lengths, static length => length < 0))
        {
            return false;
        }

        if (Array.Exists(lengths, static length => length == 0))
        {
            return count == 0;
        }

        long product = 1;
        foreach (var length in lengths)
        {
            product *= length;
            if (product > count)
            {
                return false;
            }
        }

        return product == count;
    }

    private static Span<TItem> ItemsOf(Array array) => MemoryMarshal.CreateSpan(
        ref Unsafe.As<byte, TItem>(ref MemoryMarshal.GetArrayDataReference(array)), array.Length);
}

using System.Buffers;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Comparers for keys that come from payloads, so that a sender can't make a dictionary slow.</summary>
/// <remarks>The default hash codes of numbers, GUIDs and times are known functions; here they depend on a random seed of the process.</remarks>
internal static class KeyComparers
{
    // Comparisons that a dictionary may need because of equal hash codes: some milliseconds.
    private const long MaxComparisons = 4_000_000;
    private const int AlwaysFine = 256;

    // How many buckets the dictionaries of .NET have as they grow.
    private static readonly uint[] Sizes =
    [
        431, 919, 1931, 4049, 8419, 17_519, 36_353, 75_431, 156_437, 324_449, 672_827, 1_395_263, 2_796_203,
    ];

    /// <summary>The comparer of a type of key; null is the default one.</summary>
    public static IEqualityComparer<T>? For<T>() => Seeded<T>.Comparer;

    /// <summary>A set that can't be flooded.</summary>
    public static HashSet<T> BuildSet<T>(ReadOnlySpan<T> items)
    {
        RefuseFlood(items, static item => item);
        var set = new HashSet<T>(items.Length, For<T>());
        foreach (var item in items)
        {
            set.Add(item);
        }

        return set;
    }

    /// <summary>Refuses keys of a user's type when too many have the same hash code: a seed does not help there.</summary>
    /// <exception cref="InvalidOperationException">The keys are refused.</exception>
    public static void RefuseFlood<TItem, TKey>(ReadOnlySpan<TItem> items, Func<TItem, TKey> keyOf)
    {
        if (items.Length > AlwaysFine && !Seeded<TKey>.IsSafe)
        {
            Check(items, keyOf, For<TKey>() ?? EqualityComparer<TKey>.Default, modulus: uint.MaxValue);
        }
    }

    /// <summary>Refuses keys that would flood a collection which compares them in the default way.</summary>
    /// <exception cref="InvalidOperationException">The keys are refused.</exception>
    public static void RefuseDefaultFlood<TItem, TKey>(ReadOnlySpan<TItem> items, Func<TItem, TKey> keyOf)
    {
        if (items.Length <= AlwaysFine || For<TKey>() is null)
        {
            return;
        }

        var last = SizeFor(items.Length);
        foreach (var modulus in (ReadOnlySpan<uint>)[uint.MaxValue, Sizes[last < 0 ? ^2 : last - 1], Sizes[last < 0 ? ^1 : last]])
        {
            Check(items, keyOf, EqualityComparer<TKey>.Default, modulus);
        }
    }

    private static void Check<TItem, TKey>(
        ReadOnlySpan<TItem> items, Func<TItem, TKey> keyOf, IEqualityComparer<TKey> comparer, uint modulus)
    {
        var hashes = ArrayPool<uint>.Shared.Rent(items.Length);
        try
        {
            for (var i = 0; i < items.Length; i++)
            {
                var key = keyOf(items[i]);
                hashes[i] = key is null ? 0 : (uint)comparer.GetHashCode(key) % modulus;
            }

            if (Comparisons(hashes.AsSpan(0, items.Length)) > MaxComparisons)
            {
                throw new InvalidOperationException("too many keys have the same hash code.");
            }
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(hashes);
        }
    }

    // The first size is only a predecessor.
    private static int SizeFor(int count) => Array.FindIndex(Sizes, 1, size => size >= count);

    private static long Comparisons(Span<uint> hashes)
    {
        hashes.Sort();
        long sum = 0;
        long run = 1;
        for (var i = 1; i < hashes.Length; i++)
        {
            run = hashes[i] == hashes[i - 1] ? run + 1 : 1;
            sum += run - 1;
        }

        return sum;
    }

    private static class Seeded<T>
    {
        public static readonly bool IsSafe = KeyHash.IsDefaultSafe(typeof(T)) || KeyHash.Find<T>() is not null;

        public static readonly IEqualityComparer<T>? Comparer = KeyHash.IsDefaultSafe(typeof(T))
            ? null
            : new SeededComparer<T>(KeyHash.Find<T>() ?? (static key => KeyHash.OfBoxed(key!)));
    }
}

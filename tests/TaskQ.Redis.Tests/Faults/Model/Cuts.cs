namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Smaller forms of a list: delta debugging. https://www.debuggingbook.org/html/DeltaDebugger.html</summary>
internal static class Cuts
{
    /// <summary>The list without its halves, without its quarters, and so on to single items, and then with one item simplified.</summary>
    /// <param name="items">The list.</param>
    /// <param name="simplify">Simpler forms of an item, the simplest first.</param>
    public static IEnumerable<T[]> Of<T>(IReadOnlyList<T> items, Func<T, IEnumerable<T>> simplify)
    {
        for (var length = (items.Count + 1) / 2; length > 0; length = length == 1 ? 0 : (length + 1) / 2)
        {
            // From the end: what comes last has fewer that depend on it.
            for (var start = (items.Count - 1) / length * length; start >= 0; start -= length)
            {
                yield return [.. items.Take(start), .. items.Skip(start + length)];
            }
        }

        for (var i = 0; i < items.Count; i++)
        {
            foreach (var simpler in simplify(items[i]))
            {
                yield return [.. items.Take(i), simpler, .. items.Skip(i + 1)];
            }
        }
    }

    /// <summary>All numbers between, those next to the target first.</summary>
    public static IEnumerable<int> Towards(int target, int value)
    {
        for (var step = target; step != value; step += Math.Sign(value - target))
        {
            yield return step;
        }
    }
}

using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>The dead letters in the order of their death, bounded by age and by count.</summary>
internal sealed class DeadLetterBox(TimeSpan retention, int maxCount)
{
    private readonly LinkedList<BuriedEntry> _byDeath = [];
    private readonly Dictionary<Guid, LinkedListNode<BuriedEntry>> _byId = [];

    public int Count => _byId.Count;

    public IEnumerable<BuriedEntry> Entries => _byDeath;

    public void Add(Entry entry, Death death, long utcTicks)
    {
        Sweep(utcTicks);
        Take(entry.Id);
        if (_byId.Count >= maxCount)
        {
            Take(_byDeath.First!.Value.Entry.Id);
        }

        _byId.Add(entry.Id, _byDeath.AddLast(new BuriedEntry(entry, death, utcTicks)));
    }

    public BuriedEntry? Find(Guid id) => _byId.TryGetValue(id, out var node) ? node.Value : null;

    /// <summary>Takes one out, null when there is none.</summary>
    public BuriedEntry? Take(Guid id)
    {
        if (!_byId.Remove(id, out var node))
        {
            return null;
        }

        _byDeath.Remove(node);
        return node.Value;
    }

    /// <summary>Takes the oldest out, null when there is none.</summary>
    public BuriedEntry? TakeOldest() => _byDeath.First is { } node ? Take(node.Value.Entry.Id) : null;

    public void Clear()
    {
        _byDeath.Clear();
        _byId.Clear();
    }

    /// <summary>Drops what is older than the retention.</summary>
    public void Sweep(long utcTicks)
    {
        while (_byDeath.First is { } first && Ticks.Add(first.Value.DiedTicks, retention.Ticks) <= utcTicks)
        {
            Take(first.Value.Entry.Id);
        }
    }
}

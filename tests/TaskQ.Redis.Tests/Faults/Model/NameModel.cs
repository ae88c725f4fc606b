using TaskQ.Backend;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Which names are taken, and by whom.</summary>
internal sealed class NameModel
{
    private readonly Dictionary<UInt128, Taken> _names = [];

    /// <summary>Who holds a name, null when it is free.</summary>
    public Guid? HolderOf(UInt128 key, DateTimeOffset now) =>
        _names.TryGetValue(key, out var taken) && taken.Ends > now ? taken.Holder : null;

    public void Take(MessageName name, Guid holder, DateTimeOffset now) =>
        _names[name.Key] = new Taken(holder, name.UntilFinished, name.UntilFinished ? DateTimeOffset.MaxValue : now + name.Window);

    /// <summary>What replaces a message keeps its name taken for at least its own window.</summary>
    public void Prolong(MessageName name, DateTimeOffset now)
    {
        var taken = _names[name.Key];
        if (now + name.Window > taken.Ends)
        {
            _names[name.Key] = taken with { Ends = now + name.Window };
        }
    }

    /// <summary>A message has ended: a name that lasts until then is free.</summary>
    public void End(Guid holder)
    {
        foreach (var key in _names.Where(n => n.Value.IsUnique && n.Value.Holder == holder).Select(n => n.Key).ToArray())
        {
            _names.Remove(key);
        }
    }

    private sealed record Taken(Guid Holder, bool IsUnique, DateTimeOffset Ends);
}

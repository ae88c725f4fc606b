using TaskQ.Backend;
using TaskQ.Conformance.Harness;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>Which names should be taken, and by whom.</summary>
internal sealed class NameModel(StoreModel store)
{
    private readonly Dictionary<UInt128, Taken> _names = [];

    /// <summary>Who holds a name, null when it is free.</summary>
    public Guid? HolderOf(UInt128 key, DateTimeOffset now) =>
        _names.TryGetValue(key, out var taken) && taken.Ends > now && (!taken.IsUnique || store.Ids.Contains(taken.Holder))
            ? taken.Holder
            : null;

    public void Take(MessageName name, Guid holder, DateTimeOffset now) =>
        _names[name.Key] = new Taken(holder, name.UntilFinished, now + name.Window);

    /// <summary>A message has died: a name that lasts until it ends is free, even if the message is made ready again.</summary>
    public void Bury(Guid holder)
    {
        foreach (var key in _names.Where(n => n.Value.IsUnique && n.Value.Holder == holder).Select(n => n.Key).ToArray())
        {
            _names.Remove(key);
        }
    }

    private sealed record Taken(Guid Holder, bool IsUnique, DateTimeOffset Ends);
}

using TaskQ.Backend;
using At = TaskQ.Redis.Tests.Faults.Model.ModelMessage.At;

namespace TaskQ.Redis.Tests.Faults.Model;

/// <summary>What the store should hold: the simplest thing that keeps the contract, beside which a backend is run.</summary>
/// <remarks>Parts: Settle (reserve, settle, leases), Operate (operators, dead letters).</remarks>
internal sealed partial class QueueModel(ModelSettings settings)
{
    private readonly Dictionary<Guid, ModelMessage> _messages = [];
    private readonly NameModel _names = new();

    public RateModel Rate { get; } = new(settings.Burst, ModelSettings.PermitInterval);

    public bool IsPaused { get; set; }

    public IReadOnlyDictionary<Guid, ModelMessage> Messages => _messages;

    /// <summary>How often a message was accepted, and how many ended in another way than among the dead letters that are kept.</summary>
    public int Accepted { get; private set; }

    public Dictionary<MessageEnd, int> Ended { get; } = Enum.GetValues<MessageEnd>().ToDictionary(end => end, _ => 0);

    public int Replaced { get; private set; }

    public int Requeued { get; private set; }

    public int Dead => _messages.Values.Count(m => m.Place == At.Dead);

    /// <summary>Does what time has brought; then counts.</summary>
    public QueueCounts CountAt(DateTimeOffset now)
    {
        Expire(now);
        TrimDead(now);
        var states = _messages.Values.CountBy(m => m.StateAt(now)).ToDictionary();
        return new QueueCounts(
            states.GetValueOrDefault(MessageState.Ready),
            states.GetValueOrDefault(MessageState.Delayed),
            states.GetValueOrDefault(MessageState.InFlight),
            states.GetValueOrDefault(MessageState.Dead));
    }

    /// <summary>Adds a message, and says what the store must answer.</summary>
    public AddResult Add(NewMessage message, DateTimeOffset now)
    {
        var id = message.Id;
        var added = new AddResult(id, AddStatus.Added);
        var idName = message.KeepsId ? MessageName.OfId(id) : null;
        if (idName is not null && _names.HolderOf(idName.Key, now) is not null)
        {
            return added;
        }

        var holder = message.Name is { } name ? _names.HolderOf(name.Key, now) : null;
        if (holder is { } other && other != id)
        {
            if (message.Name!.Mode == DedupeMode.ReplacePending)
            {
                Replace(other, message, now);
            }

            Take(idName, id, now);
            return new AddResult(other, AddStatus.Duplicate);
        }

        if (holder is null && !(message.IsRepeated && _messages.ContainsKey(id)))
        {
            Take(message.Name, id, now);
            Take(idName, id, now);
            _messages[id] = new ModelMessage { Id = id, Added = message, DueAt = DueTimeOf(message, now) };
            Accepted++;
        }

        return added;
    }

    private static DateTimeOffset DueTimeOf(NewMessage message, DateTimeOffset now) => message.DueAt ?? now + message.Delay;

    private void Take(MessageName? name, Guid holder, DateTimeOffset now)
    {
        if (name is not null)
        {
            _names.Take(name, holder, now);
        }
    }

    /// <summary>Only one that waits and has never started; the name goes on as it was taken.</summary>
    private void Replace(Guid holder, NewMessage message, DateTimeOffset now)
    {
        if (!_messages.TryGetValue(holder, out var old) || old is not { Place: At.Waiting, IsRevived: false, Failures: 0, Crashes: 0 })
        {
            return;
        }

        Replaced++;
        old.Added = message;
        old.DueAt = DueTimeOf(message, now);
        _names.Prolong(message.Name!, now);
    }

    private void End(ModelMessage message, MessageEnd end)
    {
        _messages.Remove(message.Id);
        _names.End(message.Id);
        Ended[end]++;
    }
}

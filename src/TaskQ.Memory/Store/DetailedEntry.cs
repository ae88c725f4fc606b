using TaskQ.Backend;

namespace TaskQ.Memory.Store;

/// <summary>A stored message that has a name, or whose body is a frame and tells neither task nor time.</summary>
internal sealed class DetailedEntry : Entry
{
    private string _taskName;
    private long _enqueuedTicks;

    public DetailedEntry(Guid id, MessageBody body, string taskName, long enqueuedTicks, NameSlot? name)
        : base(id, body)
    {
        _taskName = taskName;
        _enqueuedTicks = enqueuedTicks;
        Name = name;
    }

    /// <summary>The name that it took, null when it has none.</summary>
    public NameSlot? Name { get; set; }

    public override string TaskName => _taskName;

    public override long EnqueuedTicks => _enqueuedTicks;

    public override Entry Again(int attempt, int crashes) =>
        new DetailedEntry(StoreId, Body, _taskName, _enqueuedTicks, Name)
        {
            Attempt = attempt,
            Crashes = crashes,
            DueTicks = DueTicks,
        };

    public override void Replace(in NewMessage message)
    {
        Body = message.Body;
        _taskName = message.TaskName;
        _enqueuedTicks = message.EnqueuedAt.UtcTicks;
    }
}

using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>A message on its way into the table.</summary>
internal readonly struct MessageRow(long queue, NewMessage message)
{
    public long Queue { get; } = queue;

    public byte[] Id { get; } = message.Id.ToByteArray(bigEndian: true);

    /// <summary>When it is due at the earliest; the time of the insert when that is later.</summary>
    public long Due { get; } = message.DueAt is { } due ? StoreTime.FromDueTime(due) : 0;

    public long Delay { get; } = StoreTime.FromSpan(message.Delay);

    public byte[]? Name { get; } = message.Name is { } name ? NameKey.Bytes(name) : null;

    public bool NameEnds { get; } = message.Name is { UntilFinished: true };

    public long Enqueued { get; } = StoreTime.FromTime(message.EnqueuedAt);

    public string Task { get; } = message.TaskName;

    public byte[] Body { get; } = message.Body.Frame!;
}

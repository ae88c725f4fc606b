using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>A name that a message is to take: of several messages with one name, the first.</summary>
internal sealed class NameClaim(in NewMessage message)
{
    public byte[] Key { get; } = NameKey.Bytes(message.Name!);

    public Guid Message { get; } = message.Id;

    public byte[] MessageId { get; } = message.Id.ToByteArray(bigEndian: true);

    /// <summary>How long it is taken, in microseconds.</summary>
    public long Window { get; } = StoreTime.FromSpan(message.Name!.Window);

    /// <summary>Whether it is free as soon as the message ends.</summary>
    public bool Ends { get; } = message.Name!.UntilFinished;

    /// <summary>Who has it instead, null when the message has it.</summary>
    public Guid? Holder { get; set; }

    /// <summary>Whether the message had it before, by an earlier try: then it is stored too.</summary>
    public bool IsStored { get; set; }
}

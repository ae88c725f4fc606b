using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>A reserved message, and where its row is.</summary>
internal sealed class SqlDelivery(Guid id, MessageBody body, long seq, long due, byte[]? nameToFree, string? errors) : Delivery(id, body)
{
    public long Seq { get; } = seq;

    public long Due { get; } = due;

    /// <summary>How its attempts failed so far, as <see cref="ErrorLog"/> writes it.</summary>
    public string? Errors { get; } = errors;

    /// <summary>The name that is free when the message ends, null for none.</summary>
    public byte[]? NameToFree { get; } = nameToFree;
}

using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>A delivery with what settles it.</summary>
internal sealed class RedisDelivery(Guid id, byte[] idBytes, byte[] leaseBytes, MessageRecord record)
    : Delivery(id, record.Body)
{
    public byte[] IdBytes { get; } = idBytes;

    /// <summary>The id of its lease.</summary>
    public byte[] LeaseBytes { get; } = leaseBytes;

    /// <summary>The name that is free when the message ends, null for none.</summary>
    public byte[]? NameToFree { get; } = record.NameToFree;
}

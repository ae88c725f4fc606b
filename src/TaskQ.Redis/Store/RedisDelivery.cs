using TaskQ.Backend;

namespace TaskQ.Redis.Store;

/// <summary>A delivery with what settles it.</summary>
internal sealed class RedisDelivery(Guid id, byte[] leaseBytes, int index, MessageRecord record) : Delivery(id, record.Body)
{
    /// <summary>The id of its lease.</summary>
    public byte[] LeaseBytes { get; } = leaseBytes;

    /// <summary>The length of what is stored of the message.</summary>
    public int RecordLength { get; } = record.Length;

    /// <summary>Its place in the lease.</summary>
    public int Index { get; } = index;

    /// <summary>The name that is free when the message ends, null for none.</summary>
    public byte[]? NameToFree { get; } = record.NameToFree;
}

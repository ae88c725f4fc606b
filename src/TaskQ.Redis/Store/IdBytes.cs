namespace TaskQ.Redis.Store;

/// <summary>Ids are stored as their 16 bytes in the order of RFC 9562, by which a UUIDv7 sorts by time.</summary>
internal static class IdBytes
{
    public static byte[] Of(Guid id) => id.ToByteArray(bigEndian: true);

    public static Guid Read(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);
}

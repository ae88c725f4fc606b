namespace TaskQ.Redis.Store;

/// <summary>
/// What is stored of a lease: a byte for each message, '1' while the lease holds it and '0' later, then their ids of 16 bytes.
/// </summary>
internal readonly struct LeaseValue(byte[] bytes)
{
    private const int IdLength = 16;

    public int Count => bytes.Length / (IdLength + 1);

    public bool Holds(int index) => bytes[index] == (byte)'1';

    public Guid IdAt(int index) => IdBytes.Read(bytes.AsSpan(Count + (IdLength * index), IdLength));
}

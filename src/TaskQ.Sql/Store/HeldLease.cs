namespace TaskQ.Sql.Store;

/// <summary>What the backend keeps with a lease.</summary>
internal sealed class HeldLease(byte[] id, int outstanding)
{
    private int _outstanding = outstanding;

    public byte[] Id { get; } = id;

    /// <summary>How many of its messages are not settled.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    public void Settled(int count) => Interlocked.Add(ref _outstanding, -count);
}

namespace TaskQ.Redis.Store;

/// <summary>How many messages a fetch asks for, so that the reply stays small when they are large. Safe for use by several threads.</summary>
internal sealed class FetchSize
{
    private const int Bytes = 4 * 1024 * 1024;

    /// <summary>How many a fetch asks for at most before it is known how large they are.</summary>
    private const int AtFirst = 500;

    private int _length = Bytes / AtFirst;

    /// <summary>How many of those that are wanted go with one fetch, at least one.</summary>
    public int Of(int wanted) => Math.Min(wanted, Math.Max(1, Bytes / Math.Max(1, Volatile.Read(ref _length))));

    /// <summary>Learns how large messages are. Larger ones count at once, smaller ones bit by bit.</summary>
    public void Note(int count, long bytes)
    {
        if (count > 0)
        {
            int length = (int)(bytes / count);
            int known = Volatile.Read(ref _length);
            Volatile.Write(ref _length, Math.Max(length, known - ((known - length) / 4)));
        }
    }
}

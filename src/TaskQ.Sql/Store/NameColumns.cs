namespace TaskQ.Sql.Store;

/// <summary>Names to take as one array for each column.</summary>
internal sealed class NameColumns
{
    public NameColumns(IReadOnlyList<NameClaim> claims)
    {
        Names = new byte[claims.Count][];
        Messages = new byte[claims.Count][];
        Windows = new long[claims.Count];
        Ends = new short[claims.Count];
        for (int i = 0; i < claims.Count; i++)
        {
            Names[i] = claims[i].Key;
            Messages[i] = claims[i].MessageId;
            Windows[i] = claims[i].Window;
            Ends[i] = claims[i].Ends ? (short)1 : (short)0;
        }
    }

    public byte[][] Names { get; }

    public byte[][] Messages { get; }

    public long[] Windows { get; }

    public short[] Ends { get; }
}

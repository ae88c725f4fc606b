namespace TaskQ.Sql.Store;

/// <summary>Messages on their way into the table as one array for each column.</summary>
internal sealed class MessageColumns
{
    public MessageColumns(IReadOnlyList<MessageRow> rows)
    {
        Ids = new byte[rows.Count][];
        Dues = new long[rows.Count];
        Delays = new long[rows.Count];
        Names = new byte[rows.Count][];
        NameEnds = new short[rows.Count];
        Enqueued = new long[rows.Count];
        Tasks = new string[rows.Count];
        Bodies = new byte[rows.Count][];
        ArePlain = true;
        for (int i = 0; i < rows.Count; i++)
        {
            MessageRow row = rows[i];
            Ids[i] = row.Id;
            Dues[i] = row.Due;
            Delays[i] = row.Delay;
            Names[i] = row.Name;
            NameEnds[i] = row.NameEnds ? (short)1 : (short)0;
            Enqueued[i] = row.Enqueued;
            Tasks[i] = row.Task;
            Bodies[i] = row.Body;
            ArePlain &= row is { Due: 0, Delay: 0, Name: null };
        }
    }

    /// <summary>Whether all are due at once and none has a name.</summary>
    public bool ArePlain { get; }

    public byte[][] Ids { get; }

    public long[] Dues { get; }

    public long[] Delays { get; }

    public byte[]?[] Names { get; }

    public short[] NameEnds { get; }

    public long[] Enqueued { get; }

    public string[] Tasks { get; }

    public byte[][] Bodies { get; }
}

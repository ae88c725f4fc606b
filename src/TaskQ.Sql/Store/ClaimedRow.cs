using System.Data.Common;
using TaskQ.Backend;

namespace TaskQ.Sql.Store;

/// <summary>Reads the columns of <see cref="SqlStatements.Claimed"/>.</summary>
internal static class ClaimedRow
{
    public static SqlDelivery Read(DbDataReader reader)
    {
        byte[]? name = reader.IsDBNull(5) || reader.GetInt64(6) == 0 ? null : (byte[])reader.GetValue(5);
        return new SqlDelivery(
            new Guid((byte[])reader.GetValue(1), bigEndian: true),
            new MessageBody((byte[])reader.GetValue(7)),
            reader.GetInt64(0),
            reader.GetInt64(4),
            name,
            reader.IsDBNull(8) ? null : reader.GetString(8))
        {
            Attempt = reader.GetInt32(2),
            Crashes = reader.GetInt32(3),
        };
    }
}

using System.Data.Common;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>A driver that has what ADO.NET has and nothing more, or one whose notifications never arrive.</summary>
internal sealed class PlainDataSource(DbDataSource inner, bool hasNotifications = false) : DbDataSource
{
    public override string ConnectionString => inner.ConnectionString;

    protected override DbConnection CreateDbConnection() =>
        hasNotifications ? new MuteConnection(inner.CreateConnection()) : new PlainConnection(inner.CreateConnection());
}

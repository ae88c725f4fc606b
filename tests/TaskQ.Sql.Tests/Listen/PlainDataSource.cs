using System.Data.Common;

namespace TaskQ.Sql.Tests.Listen;

/// <summary>A driver that has what ADO.NET has and nothing more.</summary>
internal sealed class PlainDataSource(DbDataSource inner) : DbDataSource
{
    public override string ConnectionString => inner.ConnectionString;

    protected override DbConnection CreateDbConnection() => new PlainConnection(inner.CreateConnection());
}

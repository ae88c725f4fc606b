using System.Data.Common;
using MySql.Data.MySqlClient;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>Opens connections by MySql.Data, which has no data source of its own.</summary>
internal sealed class MySqlDataSource : DbDataSource
{
    public MySqlDataSource(string connectionString)
    {
        MySqlData.Use();
        ConnectionString = connectionString;
    }

    public override string ConnectionString { get; }

    protected override DbConnection CreateDbConnection() => new MySqlConnection(ConnectionString);
}

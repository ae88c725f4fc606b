using System.Data.Common;
using Npgsql;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>A schema of its own on the server of the tests, where the names of the tables are looked for.</summary>
public sealed class PostgreSqlDatabase : TestDatabase
{
    private readonly string _schema = "t" + Guid.NewGuid().ToString("N");
    private readonly string _server;

    public PostgreSqlDatabase(PostgreSqlServer? server = null, string more = "")
    {
        _server = (server ?? PostgreSqlServer.Current).ConnectionString;
        Execute($"CREATE SCHEMA {_schema}");
        ConnectionString = $"{_server};Search Path={_schema};{more}";
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    public string ConnectionString { get; }

    public override SqlDialect Dialect => SqlDialect.PostgreSql;

    public override DbDataSource DataSource { get; }

    public override async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        Execute($"DROP SCHEMA {_schema} CASCADE");
    }

    private void Execute(string text)
    {
        using var connection = new NpgsqlConnection(_server + ";Pooling=False");
        connection.Open();
        using var command = new NpgsqlCommand(text, connection);
        command.ExecuteNonQuery();
    }
}

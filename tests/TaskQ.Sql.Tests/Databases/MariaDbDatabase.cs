using System.Data.Common;
using MySql.Data.MySqlClient;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>A database of its own on the server of the tests.</summary>
public sealed class MariaDbDatabase : TestDatabase
{
    private readonly string _name = "t" + Guid.NewGuid().ToString("N");
    private readonly string _server;

    public MariaDbDatabase(MariaDbServer? server = null, string more = "")
    {
        _server = (server ?? MariaDbServer.Current).ConnectionString;
        Execute($"CREATE DATABASE {_name}");
        ConnectionString = $"{_server};Database={_name};{more}";
        DataSource = new MySqlDataSource(ConnectionString);
    }

    public string ConnectionString { get; }

    public override SqlDialect Dialect => SqlDialect.MySql;

    public override DbDataSource DataSource { get; }

    public override async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        using (var connection = new MySqlConnection(ConnectionString))
        {
            MySqlConnection.ClearPool(connection);
        }

        Execute($"DROP DATABASE {_name}");
    }

    private void Execute(string text)
    {
        using var connection = new MySqlConnection(_server + ";Pooling=False");
        connection.Open();
        using var command = new MySqlCommand(text, connection);
        command.ExecuteNonQuery();
    }
}

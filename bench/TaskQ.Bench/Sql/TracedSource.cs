using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace TaskQ.Bench.Sql;

/// <summary>Opens a SQLite file and knows its connections, so that their statements can be counted.</summary>
internal sealed class TracedSource(string file) : DbDataSource
{
    private readonly Lock _lock = new();
    private readonly List<SqliteConnection> _open = [];

    public override string ConnectionString { get; } = $"Data Source={file};Pooling=False";

    /// <summary>Counts the statements of the connections that are open now.</summary>
    public StatementMonitor Monitor()
    {
        lock (_lock)
        {
            return new StatementMonitor([.. _open]);
        }
    }

    protected override DbConnection CreateDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.StateChange += OnStateChange;
        return connection;
    }

    private void OnStateChange(object sender, StateChangeEventArgs change)
    {
        lock (_lock)
        {
            var connection = (SqliteConnection)sender;
            _open.Remove(connection);
            if (change.CurrentState == ConnectionState.Open)
            {
                _open.Add(connection);
            }
        }
    }
}

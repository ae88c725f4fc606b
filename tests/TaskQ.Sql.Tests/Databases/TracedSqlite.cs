using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>Opens a SQLite file, and tells of each statement that runs: https://www.sqlite.org/c3ref/profile.html</summary>
/// <param name="file">The file.</param>
/// <param name="trace">Is told the text of each statement, with the values of its parameters.</param>
internal sealed class TracedSqlite(string file, Action<string> trace) : DbDataSource
{
    /// <summary>What each connection is told first.</summary>
    public string? Setting { get; set; }

    public override string ConnectionString { get; } = $"Data Source={file};Pooling=False";

    protected override DbConnection CreateDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        connection.StateChange += OnStateChange;
        return connection;
    }

    private void OnStateChange(object sender, StateChangeEventArgs change)
    {
        if (change.CurrentState != ConnectionState.Open)
        {
            return;
        }

        var connection = (SqliteConnection)sender;
        raw.sqlite3_trace(connection.Handle, (strdelegate_trace)((_, text) => trace(text)), null);
        if (Setting is { } setting)
        {
            SqliteProbe.Execute(connection, setting);
        }
    }
}

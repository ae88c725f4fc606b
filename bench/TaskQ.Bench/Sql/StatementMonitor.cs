using Microsoft.Data.Sqlite;
using SQLitePCL;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sql;

/// <summary>Counts statements by the tracing hook of SQLite: https://www.sqlite.org/c3ref/profile.html</summary>
internal sealed class StatementMonitor : ICallMonitor
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<SqliteConnection> _connections;

    public StatementMonitor(IReadOnlyList<SqliteConnection> connections)
    {
        _connections = connections;
        foreach (SqliteConnection connection in connections)
        {
            raw.sqlite3_trace(connection.Handle, (strdelegate_trace)((_, text) => Count(text)), null);
        }
    }

    public Task<IReadOnlyDictionary<string, int>> StopAsync()
    {
        Dispose();
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyDictionary<string, int>>(new SortedDictionary<string, int>(_counts));
        }
    }

    public void Dispose()
    {
        foreach (SqliteConnection connection in _connections)
        {
            if (connection.Handle is { } handle)
            {
                raw.sqlite3_trace(handle, (strdelegate_trace?)null, null);
            }
        }
    }

    private void Count(string text)
    {
        string name = text.Split([' ', '\n'], 3, StringSplitOptions.TrimEntries) is [var verb, var what, ..] && verb == "PRAGMA" ? what : text.Split(' ')[0];
        lock (_lock)
        {
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }
}

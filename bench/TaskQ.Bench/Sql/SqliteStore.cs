using Microsoft.Data.Sqlite;
using TaskQ.Bench.Measure;
using TaskQ.Bench.Store;
using TaskQ.Sql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Bench.Sql;

/// <summary>SQLite files in a temporary folder, a new one for each scenario. The database is a part of this process.</summary>
internal sealed class SqliteStore : IBenchStore
{
    private readonly string _folder = Directory.CreateTempSubdirectory("taskq-bench-").FullName;
    private TracedSource _source;

    public SqliteStore()
    {
        SystemSqlite.Use();
        _source = NewFile();
        using var connection = new SqliteConnection("Data Source=:memory:");
        Description = $"SQLite {connection.ServerVersion}, synchronous=FULL, in {_folder}";
    }

    public string Description { get; }

    public string CallName => "statements";

    // A look each 10 ms at whether another process has written.
    public double MostIdleCalls => 102;

    /// <summary>A factory of its own has a connection of its own, as one in another process has.</summary>
    public QueueFactory CreateFactory() => new SqlQueueFactory(_source, SqlDialect.Sqlite);

    public Task<StoreUse?> ReadAsync() => Task.FromResult<StoreUse?>(null);

    public async Task<IBareStore> OpenBareAsync() => await BareSqlite.OpenAsync(_source);

    public Task<ICallMonitor> MonitorAsync() => Task.FromResult<ICallMonitor>(_source.Monitor());

    public BenchResult SetTarget(BenchResult result) => SqliteTargets.Apply(result);

    public async Task CleanAsync()
    {
        await _source.DisposeAsync();
        foreach (string file in Directory.EnumerateFiles(_folder))
        {
            File.Delete(file);
        }

        _source = NewFile();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private TracedSource NewFile() => new(Path.Combine(_folder, $"{Guid.NewGuid():N}.db"));
}

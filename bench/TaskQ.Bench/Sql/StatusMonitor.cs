using System.Data.Common;
using System.Globalization;
using TaskQ.Bench.Store;

namespace TaskQ.Bench.Sql;

/// <summary>Counts the statements that a MariaDB server has got, by its own counter.</summary>
internal sealed class StatusMonitor : ICallMonitor
{
    private readonly DbDataSource _source;
    private readonly int _before;

    private StatusMonitor(DbDataSource source, int before)
    {
        _source = source;
        _before = before;
    }

    public static async Task<StatusMonitor> StartAsync(DbDataSource source) => new(source, await ReadAsync(source));

    /// <summary>Without the one that reads it.</summary>
    public async Task<IReadOnlyDictionary<string, int>> StopAsync()
    {
        int count = await ReadAsync(_source) - _before - 1;
        return count <= 0 ? new Dictionary<string, int>() : new() { ["statements"] = count };
    }

    public void Dispose()
    {
    }

    private static async Task<int> ReadAsync(DbDataSource source)
    {
        await using DbCommand command = source.CreateCommand("SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Questions'");
        return int.Parse((string)(await command.ExecuteScalarAsync())!, CultureInfo.InvariantCulture);
    }
}

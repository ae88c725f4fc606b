using System.Data.Common;
using System.Globalization;

namespace TaskQ.Sql.Tests.Databases;

/// <summary>An empty database of a test.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    public abstract SqlDialect Dialect { get; }

    public abstract DbDataSource DataSource { get; }

    /// <summary>The only number that a SELECT finds, past the backend.</summary>
    public virtual async Task<long> NumberAsync(string text)
    {
        await using var command = DataSource.CreateCommand(text);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    /// <summary>Runs a statement, past the backend.</summary>
    public virtual async Task ExecuteAsync(string text)
    {
        await using var command = DataSource.CreateCommand(text);
        await command.ExecuteNonQueryAsync();
    }

    public abstract ValueTask DisposeAsync();
}

using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace TaskQ.Sql.Tests;

/// <summary>What the tests of this backend share.</summary>
internal static class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A queue of a name of its own by the database's clock.</summary>
    public static TaskQueue Queue(QueueFactory factory, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { Name = "q-" + Guid.NewGuid().ToString("N"), MinWorkers = 2, MaxWorkers = 2 };
        configure?.Invoke(options);
        return factory.RegisterQueue(options);
    }

    /// <summary>Waits for a condition; a sync one by <see cref="Task.FromResult"/>.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < (patience ?? Patience), $"Not so in {patience ?? Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs a statement over a connection of its own.</summary>
    public static async Task<int> ExecuteAsync(string connectionString, string text)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        return await ExecuteAsync(source, text);
    }

    /// <summary>Runs a statement.</summary>
    public static async Task<int> ExecuteAsync(DbDataSource source, string text)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of what a SELECT finds, as text.</summary>
    public static async Task<List<string>> ReadAsync(string connectionString, string text)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        return await ReadAsync(source, text);
    }

    /// <summary>The first column of what a SELECT finds, as text.</summary>
    public static async Task<List<string>> ReadAsync(DbDataSource source, string text)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
        {
            rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        }

        return rows;
    }
}

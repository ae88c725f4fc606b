using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Npgsql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Calls;

/// <summary>Calls to a database that does not answer end.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class TimeoutTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1.5);

    // What a machine with other work adds, and what a driver needs to give up.
    private static readonly TimeSpan Most = CallTimeout + TimeSpan.FromSeconds(8);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_PostgreSqlTableLocked_EndInTime()
    {
        await using var database = new PostgreSqlDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { CallTimeout = CallTimeout });
        var queue = Probe.Queue(factory);
        await queue.CountAsync(Token);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("LOCK TABLE taskq_messages", connection, transaction))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        await AssertEndsAsync(queue);
        await transaction.RollbackAsync(Token);
        await AssertWorksAsync(queue);
    }

    [Fact]
    public async Task Calls_SqliteFileLocked_EndInTime()
    {
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { CallTimeout = CallTimeout });
        var queue = Probe.Queue(factory);
        await queue.CountAsync(Token);
        await using (SqliteConnection connection = SqliteProbe.Open(database.File))
        {
            SqliteProbe.Execute(connection, "BEGIN IMMEDIATE");
            await AssertEndsAsync(queue);
            SqliteProbe.Execute(connection, "ROLLBACK");
        }

        await AssertWorksAsync(queue);
    }

    [Fact]
    public async Task Call_CancelledWhileItWaits_Ends()
    {
        await using var database = new PostgreSqlDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        await queue.CountAsync(Token);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using var command = new NpgsqlCommand("LOCK TABLE taskq_messages", connection, transaction);
        await command.ExecuteNonQueryAsync(Token);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System);

        var start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.ListAsync(new MessageFilter(), 10, cancelled.Token));

        Assert.True(Stopwatch.GetElapsedTime(start) < Most, $"it took {Stopwatch.GetElapsedTime(start)}");
    }

    [Fact]
    public async Task Call_CancelledWhileSqliteFileIsLocked_Ends()
    {
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static () => { });
        await queue.CountAsync(Token);
        using SqliteConnection connection = SqliteProbe.Open(database.File);
        SqliteProbe.Execute(connection, "BEGIN IMMEDIATE");
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(500), TimeProvider.System);

        // On a thread of its own: the driver blocks the one it is called on.
        var start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Task.Run(() => queue.AddRangeAsync([task.WithArgs(), task.WithArgs()], cancelled.Token), Token));

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(3), $"it took {Stopwatch.GetElapsedTime(start)}");
        SqliteProbe.Execute(connection, "ROLLBACK");
        await AssertWorksAsync(queue);
    }

    private static async Task AssertEndsAsync(TaskQueue queue)
    {
        var task = queue.RegisterTask("t", static () => { });
        var start = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<SqlUnavailableException>(() => queue.AddAsync(task.WithArgs(), Token));

        Assert.Contains("did not carry out a call within 00:00:01.5", error.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(start) < Most, $"it took {Stopwatch.GetElapsedTime(start)}");
    }

    private static async Task AssertWorksAsync(TaskQueue queue)
    {
        await queue.AddAsync(queue.RegisterTask("u", static () => { }).WithArgs(), Token);
        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
    }
}

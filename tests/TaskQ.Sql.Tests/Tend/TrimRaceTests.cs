using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Tend;

/// <summary>Too many dead letters, of which one comes back to life while the oldest are dropped; on servers, which do both at once.</summary>
public sealed class TrimRaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trim_PostgreSqlRevivesTheOldestMeanwhile_ItStays()
    {
        await using var database = new PostgreSqlDatabase();
        await AssertStaysAsync(database, "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    [Fact]
    public async Task Trim_MariaDbRevivesTheOldestMeanwhile_ItStays()
    {
        await using var database = new MariaDbDatabase();
        await AssertStaysAsync(
            database,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT seq FROM taskq_messages%FOR UPDATE'");
    }

    private static async Task AssertStaysAsync(TestDatabase database, string waiting)
    {
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static () => { });
        await queue.AddRangeAsync(Enumerable.Range(0, 3).Select(_ => task.WithArgs()), Token);
        var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 3, TimeSpan.Zero);
        var held = (await queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
        await queue.Backend.ExchangeAsync(
            [.. held.Select(static delivery => new Settlement(delivery, SettlementKind.Dead, Death: new Death("r", "T", "m", 1)))], null, Token);

        // One that consumes, and has seen none of them die: it drops nothing by itself.
        await using var trims = new SqlQueueFactory(database.DataSource, database.Dialect, new SqlOptions { MaxDeadLetters = 2 });
        var trimmed = Probe.Queue(trims, options => options.Name = queue.Name);
        Assert.Empty((await trimmed.Backend.ExchangeAsync([], new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 3, TimeSpan.Zero), Token)).Deliveries);
        Task<QueueCounts> trim;
        await using (var connection = await database.DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await using var revive = connection.CreateCommand();
            revive.Transaction = transaction;
            revive.CommandText = $"UPDATE taskq_messages SET state = 0 WHERE seq = {await database.NumberAsync("SELECT MIN(seq) FROM taskq_messages WHERE state = 3")}";
            Assert.Equal(1, await revive.ExecuteNonQueryAsync(Token));
            trim = Task.Run(() => trimmed.CountAsync(Token), Token);
            await Probe.EventuallyAsync(async () => await database.NumberAsync(waiting) == 1, "it waits for the one that comes back");
            await transaction.CommitAsync(Token);
        }

        var counts = await trim;
        Assert.Equal(1, counts.Ready);
        Assert.InRange(counts.Dead, 1, 2);
    }
}

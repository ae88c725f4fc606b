using System.Data.Common;
using Microsoft.Data.Sqlite;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Calls;

/// <summary>A commit that is carried out, and whose answer is lost.</summary>
public sealed class LostCommitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exchange_AnswerLost_WhatItSettledIsNotReportedAsLost()
    {
        await using var database = new SqliteDatabase();
        await using var source = new LosingSource(database.File);
        await using var factory = new SqlQueueFactory(source, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);
        IReadOnlyList<Delivery> held = await FetchAsync(queue, 5);

        // One of them was taken back before.
        SqliteProbe.Execute(
            database.File,
            $"UPDATE taskq_messages SET state = 0, lease = NULL, attempt = attempt + 1, crashes = crashes + 1 WHERE id = x'{held[4].Id:N}'");
        source.Losses = 1;
        ExchangeResult result = await queue.Backend.ExchangeAsync(
            [
                new(held[0], SettlementKind.Complete),
                new(held[1], SettlementKind.Retry, TimeSpan.FromHours(1)),
                new(held[2], SettlementKind.Release),
                new(held[3], SettlementKind.Dead, Death: new Death("r", "T", "m", 1)),
                new(held[4], SettlementKind.Complete),
            ],
            null,
            Token);

        Assert.Equal(0, source.Losses);
        Assert.Same(held[4], Assert.Single(result.Lost));
        Assert.Equal(new QueueCounts(3, 1, 0, 1), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task Fetch_AnswerLost_ReturnsWhatItReserved()
    {
        await using var database = new SqliteDatabase();
        await using var source = new LosingSource(database.File);
        await using var factory = new SqlQueueFactory(source, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync(Enumerable.Range(0, 6).Select(n => task.WithArgs(n)), Token);

        source.Losses = 1;
        IReadOnlyList<Delivery> held = await FetchAsync(queue, 10);

        Assert.Equal(0, source.Losses);
        Assert.Equal(6, held.Count);
        Assert.Equal(6, (await queue.CountAsync(Token)).InFlight);
    }

    private static async Task<IReadOnlyList<Delivery>> FetchAsync(TaskQueue queue, int max) =>
        (await queue.Backend.ExchangeAsync([], new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), max, TimeSpan.Zero), Token)).Deliveries;

    /// <summary>Its connections lose the answers of some commits.</summary>
    private sealed class LosingSource(string file) : DbDataSource
    {
        public override string ConnectionString { get; } = $"Data Source={file};Pooling=False";

        public int Losses { get; set; }

        protected override DbConnection CreateDbConnection() => new LosingConnection(ConnectionString, this);
    }

    private sealed class LosingConnection(string connectionString, LosingSource source) : SqliteConnection(connectionString)
    {
        public override SqliteCommand CreateCommand() => new LosingCommand(source) { Connection = this };
    }

    private sealed class LosingCommand(LosingSource source) : SqliteCommand
    {
        public override int ExecuteNonQuery()
        {
            int changed = base.ExecuteNonQuery();
            if (CommandText == "COMMIT" && source.Losses > 0)
            {
                source.Losses--;
                throw new SqliteException("database is locked (not really: the answer is lost)", 5);
            }

            return changed;
        }
    }
}

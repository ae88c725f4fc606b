using Npgsql;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Schema;

namespace TaskQ.Sql.Tests.Beats;

/// <summary>A beat costs as many statements for many leases as for one.</summary>
public sealed class BeatTests
{
    private const int Leases = 50;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BeatAsync_SqliteManyLeases_TwoStatementsInATransaction()
    {
        await using var database = new SqliteDatabase();
        var texts = new List<string>();
        await using var source = new TracedSqlite(database.File, texts.Add);
        await using var factory = new SqlQueueFactory(source, database.Dialect);

        await BeatAsync(factory, database, begin: texts.Clear, end: () => Assert.Equal(
            ["BEGIN", "UPDATE", "SELECT", "COMMIT"], texts.Select(static text => text.Split(' ')[0])));
    }

    [Fact]
    public async Task BeatAsync_PostgreSqlManyLeases_OneStatement()
    {
        await using var database = new PostgreSqlDatabase();
        using var log = new LogRecorder();
        await using NpgsqlDataSource source = new NpgsqlDataSourceBuilder(database.ConnectionString).UseLoggerFactory(log).Build();
        await using var factory = new SqlQueueFactory(source, database.Dialect);
        int before = 0;

        await BeatAsync(factory, database, begin: () => before = Executed(), end: () => Assert.Equal(1, Executed() - before));

        int Executed() => log.Lines.Count(static line => line.Text.Contains("Command execution completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BeatAsync_MySqlManyLeases_TwoStatements()
    {
        await using var log = await MySqlPlanLog.StartAsync();
        await using var database = new MariaDbDatabase(log.Server);
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        int before = 0;

        await BeatAsync(factory, database, begin: () => before = log.Read().Count, end: () =>
        {
            var ran = log.Read().Skip(before).ToList();
            Assert.Equal(["UPDATE", "SELECT"], ran.Select(static statement => statement.Text.Split(' ', '\n')[0]));
            Assert.All(ran, static statement => Assert.Null(MySqlPlanLog.Complaint(statement)));
        });
    }

    private static async Task BeatAsync(SqlQueueFactory factory, TestDatabase database, Action begin, Action end)
    {
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync(Enumerable.Range(0, Leases).Select(n => task.WithArgs(n)), Token);
        var leases = new List<Lease>();
        for (int i = 0; i < Leases; i++)
        {
            var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 1, TimeSpan.Zero);
            Assert.Single((await queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries);
            leases.Add(fetch.Lease);
        }

        Assert.Same(BeatResult.AllHeld, await queue.Backend.BeatAsync(leases, Token));
        Assert.True(await queue.CancelAsync(leases[7].Deliveries[0].Id, Token));
        await Probe.ExecuteAsync(database.DataSource, $"DELETE FROM taskq_leases WHERE id = {Hex(database, leases[3].Id)}");
        long until = await database.NumberAsync("SELECT MIN(until) FROM taskq_leases");

        begin();
        BeatResult beat = await queue.Backend.BeatAsync(leases, Token);

        end();
        Assert.Same(leases[3].Deliveries[0], Assert.Single(beat.Lost));
        Assert.Same(leases[7].Deliveries[0], Assert.Single(beat.Cancelled));
        Assert.True(await database.NumberAsync("SELECT MIN(until) FROM taskq_leases") > until);
    }

    private static string Hex(TestDatabase database, Guid id) => database.Dialect == SqlDialect.PostgreSql ? $"decode('{id:N}', 'hex')" : $"x'{id:N}'";
}

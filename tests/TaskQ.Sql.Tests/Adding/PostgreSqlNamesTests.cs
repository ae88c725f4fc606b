using Npgsql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Adding;

/// <summary>How names are taken in PostgreSQL: all of a batch at once.</summary>
public sealed class PostgreSqlNamesTests : IAsyncDisposable
{
    private readonly PostgreSqlDatabase _database = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task AddRangeAsync_ManyNames_TakesAsManyStatementsAsFew()
    {
        using var log = new LogRecorder();
        await using NpgsqlDataSource source = new NpgsqlDataSourceBuilder(_database.ConnectionString).UseLoggerFactory(log).Build();
        await using var factory = new SqlQueueFactory(source, _database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddAsync(task.WithArgs(0), Token);

        int few = await AddAsync(0, 3);
        int many = await AddAsync(100, 400);
        int duplicates = await AddAsync(0, 500);

        Assert.Equal(few, many);
        Assert.Equal(500, await _database.NumberAsync("SELECT COUNT(*) FROM taskq_names"));

        // Who has the names.
        Assert.InRange(duplicates, many, many + 1);

        async Task<int> AddAsync(int start, int count)
        {
            int before = Executed();
            var results = await queue.AddRangeAsync(Enumerable.Range(start, count).Select(n => task.WithArgs(n).WithName($"{n}")), Token);
            Assert.Equal(count == 500 ? 403 : 0, results.Count(static result => result.IsDuplicate));
            return Executed() - before;
        }

        int Executed() => log.Lines.Count(static line => line.Text.Contains("Command execution completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddRangeAsync_NamesThatEndedAreHeldAndComeTwice_EachHasTheRightHolder()
    {
        await using var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        var held = await queue.AddAsync(task.WithArgs(0).WithName("held"), Token);
        await queue.AddAsync(task.WithArgs(0).WithName("ended"), Token);
        await Probe.ExecuteAsync(_database.ConnectionString, $"UPDATE taskq_names SET until = 1 WHERE message <> decode('{held.Id:N}', 'hex')");

        TaskMessage[] messages =
        [
            task.WithArgs(1).WithName("twice"), task.WithArgs(2).WithName("held"), task.WithArgs(3).WithName("ended"),
            task.WithArgs(4).WithName("twice"), task.WithArgs(5), task.WithArgs(6).WithName("ended"),
        ];
        var results = await queue.AddRangeAsync(messages, Token);

        Assert.Equal(
            [messages[0].Id, held.Id, messages[2].Id, messages[0].Id, messages[4].Id, messages[2].Id],
            results.Select(static result => result.Id));
        Assert.Equal([false, true, false, true, false, true], results.Select(static result => result.IsDuplicate));
        Assert.Equal(5, (await queue.CountAsync(Token)).Ready);
    }
}

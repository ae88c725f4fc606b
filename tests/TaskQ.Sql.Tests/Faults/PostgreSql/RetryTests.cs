using System.Data;
using System.Data.Common;
using Npgsql;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.PostgreSql;

/// <summary>A transaction of somebody else's wants the same rows the other way round, until the server ends the one of TaskQ.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class RetryTests
{
    private const string DeadlockDetected = "40P01";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SettlementKind.Complete)]
    [InlineData(SettlementKind.Retry)]
    [Trait("Fault", "Q8")]
    public async Task Settling_IsTheVictimOfADeadlock_IsTriedAgain(SettlementKind kind)
    {
        await using var test = await Rival.OpenAsync();
        var task = test.Queue.RegisterTask("t");
        await test.Queue.AddRangeAsync([task.WithArgs(), task.WithArgs()], Token);
        var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 2, TimeSpan.Zero);
        var deliveries = (await test.Queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
        string[] rows = [.. await test.ReadAsync("SELECT seq FROM taskq_messages ORDER BY seq")];

        ExchangeResult result = await test.DeadlockAsync(
            () => test.Queue.Backend.ExchangeAsync([.. deliveries.Select(delivery => new Settlement(delivery, kind))], null, Token).AsTask(),
            $"UPDATE taskq_messages SET crashes = crashes WHERE seq = {rows[1]}",
            $"UPDATE taskq_messages SET crashes = crashes WHERE seq = {rows[0]}");

        await test.WasVictimAsync();
        Assert.Empty(result.Lost);
        QueueCounts counts = await test.Queue.CountAsync(Token);
        Assert.Equal((kind == SettlementKind.Complete ? 0 : 2, 0), (counts.Ready + counts.Delayed, counts.InFlight));
        Assert.All(await test.ReadAsync("SELECT attempt FROM taskq_messages"), static attempt => Assert.Equal("2", attempt));
    }

    [Fact]
    [Trait("Fault", "Q8")]
    public async Task AddRangeAsync_IsTheVictimOfADeadlock_IsTriedAgain()
    {
        await using var test = await Rival.OpenAsync();
        var task = test.Queue.RegisterTask("t", static (int _) => { });
        Guid[] held = [.. (await AddAsync()).Select(static result => result.Id)];
        string[] names = [.. await test.ReadAsync("SELECT encode(name, 'hex') FROM taskq_names ORDER BY name")];
        await Probe.ExecuteAsync(test.Source, "UPDATE taskq_names SET until = 1");

        var results = await test.DeadlockAsync(
            AddAsync,
            $"UPDATE taskq_names SET until = until WHERE name = decode('{names[1]}', 'hex')",
            $"UPDATE taskq_names SET until = until WHERE name = decode('{names[0]}', 'hex')");

        await test.WasVictimAsync();
        Assert.DoesNotContain(results, static result => result.IsDuplicate);
        Assert.Equal(
            held.Concat(results.Select(static result => result.Id)).Order(),
            (await test.Queue.ListAsync(new MessageFilter(), 10, Token)).Select(static message => message.Message.Id).Order());

        Task<IReadOnlyList<AddResult>> AddAsync() => test.Queue.AddRangeAsync([task.WithArgs(1).WithName("one"), task.WithArgs(2).WithName("two")], Token);
    }

    [Fact]
    [Trait("Fault", "Q8")]
    public async Task AddAsync_WithinATransactionThatIsTheVictimOfADeadlock_TellsTheCaller()
    {
        await using var test = await Rival.OpenAsync();
        var task = test.Queue.RegisterTask("t", static (int _) => { });
        await test.Queue.AddAsync(task.WithArgs(0).WithName("n"), Token);
        await Probe.ExecuteAsync(test.Source, "CREATE TABLE orders (id bigint PRIMARY KEY); INSERT INTO orders VALUES (1)");
        await using DbConnection connection = await test.Source.OpenConnectionAsync(Token);
        TaskMessage message = task.WithArgs(1).WithName("n");
        await using (DbTransaction transaction = await connection.BeginTransactionAsync(Token))
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "UPDATE orders SET id = id";
            await command.ExecuteNonQueryAsync(Token);

            var error = await Assert.ThrowsAsync<SqlUnavailableException>(() => test.DeadlockAsync(
                () => test.Queue.AddAsync(message, transaction, Token),
                "UPDATE taskq_names SET until = 1",
                "UPDATE orders SET id = id"));

            Assert.Equal(DeadlockDetected, Assert.IsType<PostgresException>(error.InnerException).SqlState);
            Assert.Contains("within a transaction: 40P01: deadlock detected", error.Message, StringComparison.Ordinal);
            await transaction.RollbackAsync(Token);
        }

        // The caller does all of it once more, with the same message.
        await using (DbTransaction transaction = await connection.BeginTransactionAsync(Token))
        {
            Assert.False((await test.Queue.AddAsync(message, transaction, Token)).IsDuplicate);
            await transaction.CommitAsync(Token);
        }

        Assert.Equal(2, (await test.Queue.CountAsync(Token)).Ready);
    }

    /// <summary>A queue, and a transaction beside it.</summary>
    private sealed class Rival : IAsyncDisposable
    {
        /// <summary>Who has waited for so long looks for a deadlock, once, and is its victim: https://www.postgresql.org/docs/15/runtime-config-locks.html</summary>
        private const string PatienceOfTaskQ = "deadlock_timeout=5s", PatienceOfRival = "SET LOCAL deadlock_timeout = '1h'";

        private readonly PostgreSqlServer _server;
        private readonly PostgreSqlDatabase _database;
        private readonly NpgsqlDataSource _source;
        private readonly SqlQueueFactory _factory;

        private Rival(PostgreSqlServer server)
        {
            _server = server;
            _database = new PostgreSqlDatabase(server);
            _source = NpgsqlDataSource.Create(_database.ConnectionString);
            _factory = new SqlQueueFactory(_source, _database.Dialect);
            Queue = Probe.Queue(_factory);
        }

        public TaskQueue Queue { get; }

        public NpgsqlDataSource Source => _source;

        public static async Task<Rival> OpenAsync() => new(await PostgreSqlServer.StartAsync("fsync=off", PatienceOfTaskQ));

        public Task<List<string>> ReadAsync(string text) => Probe.ReadAsync(_source, text);

        /// <summary>Locks the second row that a call locks, and when it waits for it, the first.</summary>
        /// <returns>What the call returns after it was the victim.</returns>
        public async Task<T> DeadlockAsync<T>(Func<Task<T>> callAsync, string second, string first)
        {
            await using DbConnection connection = await _database.DataSource.OpenConnectionAsync(Token);
            await using DbTransaction transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, Token);
            await ExecuteAsync(PatienceOfRival);
            await ExecuteAsync(second);
            Task<T> call = callAsync();
            await Probe.EventuallyAsync(async () => (await ReadAsync("SELECT COUNT(*) FROM pg_locks WHERE NOT granted"))[0] != "0", "it waits for the second row");
            await ExecuteAsync(first);
            await transaction.CommitAsync(Token);

            return await call;

            async Task ExecuteAsync(string text)
            {
                await using DbCommand command = connection.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = text;
                await command.ExecuteNonQueryAsync(Token);
            }
        }

        /// <summary>The rival's statements went through: a deadlock's victim was TaskQ.</summary>
        public async Task WasVictimAsync()
        {
            // A connection tells of it when it ends, at the latest.
            _source.Clear();
            await Probe.EventuallyAsync(
                async () => (await Probe.ReadAsync(_database.DataSource, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))[0] == "1", "there was one deadlock");
            Figures.Print("deadlocks in the server 1, surfaced 0");
        }

        public async ValueTask DisposeAsync()
        {
            await _factory.DisposeAsync();
            await _source.DisposeAsync();
            await _database.DisposeAsync();
            await _server.DisposeAsync();
        }
    }
}

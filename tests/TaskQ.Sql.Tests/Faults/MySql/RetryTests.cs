using System.Data;
using System.Data.Common;
using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.MySql;

/// <summary>A transaction of somebody else's holds the rows, until the server ends the one of TaskQ.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class RetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q8")]
    public async Task Settling_IsTheVictimOfADeadlock_IsTriedAgain()
    {
        await using var test = await Rival.OpenAsync();
        long[] rows = await test.FetchAsync();

        // The server ends the transaction that has changed less.
        await test.ExecuteAsync("INSERT INTO more SELECT seq FROM seq_1_to_1000");
        await test.LockAsync(rows[1]);
        var settling = test.SettleAsync();
        await Probe.EventuallyAsync(async () => await test.CountAsync("Innodb_row_lock_current_waits") > 0, "it waits for the second row");
        await test.LockAsync(rows[0]);
        await test.CommitAsync();

        Assert.Empty((await settling).Lost);
        Assert.Equal(default, await test.Queue.CountAsync(Token));
        var deadlocks = await test.CountAsync("Innodb_deadlocks");
        Figures.Print($"deadlocks in the server {deadlocks}, surfaced 0");
        Assert.Equal(1, deadlocks);
    }

    [Fact]
    [Trait("Fault", "Q8")]
    public async Task Settling_WaitsLongerThanTheServerLetsIt_IsTriedAgain()
    {
        await using var test = await Rival.OpenAsync();
        long[] rows = await test.FetchAsync();
        await test.LockAsync(rows[1]);
        var settling = test.SettleAsync();

        // The first wait has ended by the timeout of a second when there is another.
        await Probe.EventuallyAsync(async () => await test.CountAsync("Innodb_row_lock_waits") > 1, "it waits again");
        await test.CommitAsync();

        Assert.Empty((await settling).Lost);
        Assert.Equal(default, await test.Queue.CountAsync(Token));
    }

    /// <summary>A queue with two messages, and a transaction beside it.</summary>
    private sealed class Rival : IAsyncDisposable
    {
        private readonly MariaDbServer _server;
        private readonly MariaDbDatabase _database;
        private readonly SqlQueueFactory _factory;
        private IReadOnlyList<Delivery> _deliveries = [];
        private DbConnection _connection = null!;
        private DbTransaction _transaction = null!;

        private Rival(MariaDbServer server)
        {
            _server = server;
            _database = new MariaDbDatabase(server);
            _factory = new SqlQueueFactory(_database.DataSource, _database.Dialect);
            Queue = Probe.Queue(_factory);
        }

        public TaskQueue Queue { get; }

        public static async Task<Rival> OpenAsync()
        {
            var rival = new Rival(await MariaDbServer.StartAsync("innodb-flush-log-at-trx-commit=0", "innodb-lock-wait-timeout=1"));
            await Probe.ExecuteAsync(rival._database.DataSource, "CREATE TABLE more (n bigint PRIMARY KEY)");
            rival._connection = await rival._database.DataSource.OpenConnectionAsync(Token);
            rival._transaction = await rival._connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, Token);
            return rival;
        }

        /// <summary>Reserves the two, and tells their rows.</summary>
        public async Task<long[]> FetchAsync()
        {
            var task = Queue.RegisterTask("t");
            await Queue.AddRangeAsync([task.WithArgs(), task.WithArgs()], Token);
            var fetch = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 2, TimeSpan.Zero);
            _deliveries = (await Queue.Backend.ExchangeAsync([], fetch, Token)).Deliveries;
            return [.. (await Probe.ReadAsync(_database.DataSource, "SELECT seq FROM taskq_messages ORDER BY seq")).Select(static row => long.Parse(row, CultureInfo.InvariantCulture))];
        }

        /// <summary>On another thread, for the driver blocks.</summary>
        public Task<ExchangeResult> SettleAsync() => Task.Run(
            async () => await Queue.Backend.ExchangeAsync([.. _deliveries.Select(static delivery => new Settlement(delivery, SettlementKind.Complete))], null, Token), Token);

        public Task LockAsync(long row) => ExecuteAsync($"UPDATE taskq_messages SET crashes = crashes WHERE seq = {row}");

        public async Task ExecuteAsync(string text)
        {
            await using var command = _connection.CreateCommand();
            command.Transaction = _transaction;
            command.CommandText = text;
            await command.ExecuteNonQueryAsync(Token);
        }

        public Task CommitAsync() => _transaction.CommitAsync(Token);

        public async Task<long> CountAsync(string variable) => long.Parse(
            (await Probe.ReadAsync(_database.DataSource, $"SELECT variable_value FROM information_schema.global_status WHERE variable_name = '{variable}'"))[0],
            CultureInfo.InvariantCulture);

        public async ValueTask DisposeAsync()
        {
            await _transaction.DisposeAsync();
            await _connection.DisposeAsync();
            await _factory.DisposeAsync();
            await _database.DisposeAsync();
            await _server.DisposeAsync();
        }
    }
}

using System.Data.Common;
using Npgsql;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sql.Tests.Listen;

namespace TaskQ.Sql.Tests.Calls;

/// <summary>A database that goes away within an exchange, after it has settled.</summary>
public sealed class LostSettlementTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exchange_LookAfterSettlingFails_WhatWasSettledIsNotReportedAsFailed()
    {
        await using var database = new PostgreSqlDatabase();
        await using var source = new FailingSource(database.DataSource);
        await using var factory = new SqlQueueFactory(source, database.Dialect, new SqlOptions { Retries = 0 });
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token);
        Delivery held = Assert.Single((await queue.Backend.ExchangeAsync([], Fetch(), Token)).Deliveries);

        // The other one is due, and somebody else has it: the fetch looks whether it is its own lease.
        await using DbConnection connection = await database.DataSource.OpenConnectionAsync(Token);
        await using DbTransaction transaction = await connection.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("SELECT 1 FROM taskq_messages WHERE state = 0 FOR UPDATE", (NpgsqlConnection)connection, (NpgsqlTransaction)transaction))
        {
            await command.ExecuteNonQueryAsync(Token);
        }

        source.Fails = true;
        ExchangeResult result = await queue.Backend.ExchangeAsync([new Settlement(held, SettlementKind.Complete)], Fetch(), Token);

        source.Fails = false;
        Assert.True(source.Failures > 0);
        Assert.Empty(result.Lost);
        Assert.Empty(result.Deliveries);
        await transaction.RollbackAsync(Token);
        Assert.Equal(new QueueCounts(1, 0, 0, 0), await queue.CountAsync(Token));
    }

    private static FetchRequest Fetch() => new(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), 1, TimeSpan.Zero);

    /// <summary>Its connections run batches, and fail at single statements.</summary>
    private sealed class FailingSource(DbDataSource inner) : DbDataSource
    {
        public override string ConnectionString => inner.ConnectionString;

        public bool Fails { get; set; }

        public int Failures { get; set; }

        protected override DbConnection CreateDbConnection() => new FailingConnection(inner.CreateConnection(), this);
    }

    private sealed class FailingConnection(DbConnection inner, FailingSource source) : PlainConnection(inner)
    {
        private readonly DbConnection _inner = inner;

        public override bool CanCreateBatch => true;

        protected override DbBatch CreateDbBatch() => _inner.CreateBatch();

        protected override DbCommand CreateDbCommand()
        {
            if (source.Fails)
            {
                source.Failures++;
                throw new NpgsqlException("the connection is lost (not really)");
            }

            return base.CreateDbCommand();
        }
    }
}

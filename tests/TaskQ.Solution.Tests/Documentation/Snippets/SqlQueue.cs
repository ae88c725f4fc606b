#region sql
using System.Data.Common;
using TaskQ.Sql;
#endregion

namespace TaskQ.Solution.Tests.Documentation.Snippets;

internal static class SqlQueue
{
    public static async Task RunAsync(DbDataSource database, TaskQueue redisQueue, TaskDefinition<int> refund, int order)
    {
        #region sql
        // The driver is yours: Npgsql, Microsoft.Data.Sqlite (SqliteFactory.Instance.CreateDataSource("Data Source=queue.db")), ...
        await using var queues = new SqlQueueFactory(database, SqlDialect.Sqlite);
        TaskQueue queue = queues.RegisterQueue(new QueueOptions { Name = "orders" });
        TaskDefinition<int> ship = queue.RegisterTask<int>("ship");
        await queues.EnsureSchemaAsync();

        await using DbConnection connection = await database.OpenConnectionAsync();
        await using DbTransaction transaction = await connection.BeginTransactionAsync();
        // ... your own statements, and the message: both are there after the commit, or neither is
        await queue.AddAsync(ship.WithArgs(order), transaction);
        await transaction.CommitAsync();
        #endregion

        #region outbox
        // For a queue elsewhere the message is written to an outbox, whose relay brings it there after the commit.
        await using var outbox = new SqlOutbox(database, SqlDialect.Sqlite, redisQueue);
        await outbox.StartAsync();
        await using DbTransaction payment = await connection.BeginTransactionAsync();
        await outbox.AddAsync(refund.WithArgs(order), payment);
        await payment.CommitAsync();
        #endregion
    }
}

using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using Npgsql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.PostgreSql;

/// <summary>Transactions that are stricter than TaskQ's own: the server refuses what two of them change at once, with 40001.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class IsolationTests
{
    private const string SerializationFailure = "40001";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("serializable")]
    [InlineData(@"repeatable\ read")]
    [Trait("Fault", "Q8")]
    public async Task Queue_ConnectionsAreStrictByDefault_NoCallerSeesIt(string isolation)
    {
        const int Producers = 4, Calls = 50, Batch = 25, All = Producers * Calls * Batch;
        var folder = Directory.CreateTempSubdirectory("taskq-isolation-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        try
        {
            await using var server = await PostgreSqlServer.StartAsync(
                "fsync=off", "logging_collector=on", $"log_directory={folder}", "log_filename=errors.log", "log_file_mode=0644");
            await using var database = new PostgreSqlDatabase(server, $"Options=-c default_transaction_isolation={isolation}");
            await using var first = new SqlQueueFactory(database.DataSource, database.Dialect);
            await using var second = new SqlQueueFactory(database.DataSource, database.Dialect);
            var runs = new ConcurrentDictionary<int, int>();
            using var ran = new SemaphoreSlim(0);
            TaskQueue[] queues =
            [
                .. new[] { first, second }.Select(factory => Probe.Queue(factory, options =>
                {
                    options.Name = "strict";
                    options.MaxWorkers = 8;
                    options.FetchBatchSize = 10;
                })),
            ];
            TaskDefinition[] tasks = [.. queues.Select(queue => queue.RegisterTask("t", (int n) =>
            {
                runs.AddOrUpdate(n, 1, static (_, count) => count + 1);
                ran.Release();
            }))];
            await first.EnsureSchemaAsync(Token);
            foreach (var queue in queues)
            {
                await queue.StartAsync(Token);
            }

            // Half of them with names, and each batch of those twice: the others are duplicates.
            await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(
                async () =>
                {
                    for (var call = 0; call < Calls; call++)
                    {
                        int start = ((producer * Calls) + call) * Batch;
                        var task = tasks[producer % 2];
                        var numbers = Enumerable.Range(start, Batch);
                        await task.Queue.AddRangeAsync(numbers.Select(n => call % 2 == 0 ? task.WithArgs(n) : task.WithArgs(n).WithName($"{n}")), Token);
                        if (call % 2 == 1)
                        {
                            var again = await task.Queue.AddRangeAsync(numbers.Select(n => task.WithArgs(n).WithName($"{n}")), Token);
                            Assert.All(again, static result => Assert.True(result.IsDuplicate));
                        }
                    }
                },
                Token)));

            for (var n = 0; n < All; n++)
            {
                Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(30), Token), $"{n} of {All} ran");
            }

            foreach (var queue in queues)
            {
                await queue.StopAsync(TimeSpan.FromSeconds(20), Token);
            }

            Assert.Equal(default, await queues[0].CountAsync(Token));
            Assert.Equal(All, runs.Count);
            Assert.All(runs.Values, static count => Assert.Equal(1, count));
            int failures = File.ReadLines(Path.Combine(folder, "errors.log")).Count(static line => line.Contains("could not serialize access", StringComparison.Ordinal));
            Figures.Print($"{isolation}: {All} messages; {failures} serialization failures in the server, surfaced 0; lost 0, ran twice 0");

            // With the first one TaskQ goes over to transactions that are less strict; what is on its way by then may fail as well.
            Assert.InRange(failures, 1, 20);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    [Trait("Fault", "Q8")]
    public async Task AddAsync_WithinAStrictTransactionThatIsTooLate_TellsTheCaller(IsolationLevel isolation)
    {
        await using var database = new PostgreSqlDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", static (int _) => { });
        await queue.AddAsync(task.WithArgs(0), Token);
        await using var connection = await database.DataSource.OpenConnectionAsync(Token);
        TaskMessage message = task.WithArgs(1).WithName("n");
        AddResult holder;
        await using (DbTransaction transaction = await connection.BeginTransactionAsync(isolation, Token))
        {
            // Its snapshot is of before the other one takes the name.
            await using (DbCommand look = connection.CreateCommand())
            {
                look.Transaction = transaction;
                look.CommandText = "SELECT COUNT(*) FROM taskq_messages";
                Assert.Equal(1L, await look.ExecuteScalarAsync(Token));
            }

            holder = await queue.AddAsync(task.WithArgs(2).WithName("n"), Token);

            var error = await Assert.ThrowsAsync<SqlUnavailableException>(() => queue.AddAsync(message, transaction, Token));

            Assert.Equal(SerializationFailure, Assert.IsType<PostgresException>(error.InnerException).SqlState);
            Assert.Contains("within a transaction: 40001: could not serialize access", error.Message, StringComparison.Ordinal);
            await transaction.RollbackAsync(Token);
        }

        // The caller does all of it once more, with the same message.
        await using (DbTransaction transaction = await connection.BeginTransactionAsync(isolation, Token))
        {
            AddResult again = await queue.AddAsync(message, transaction, Token);
            Assert.Equal((holder.Id, true), (again.Id, again.IsDuplicate));
            await transaction.CommitAsync(Token);
        }

        Assert.Equal(2, (await queue.CountAsync(Token)).Ready);
    }
}

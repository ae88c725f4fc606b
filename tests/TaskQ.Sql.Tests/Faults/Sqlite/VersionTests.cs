using System.Collections.Concurrent;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults.Sqlite;

/// <summary>A newer version of TaskQ beside this one.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class VersionTests
{
    private const int FrameVersionAt = 2;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "Q15")]
    public async Task Tables_ChangedWhileItRuns_GoOnInBothVersions()
    {
        const int Messages = 600;
        await using var database = new SqliteDatabase();
        ConcurrentDictionary<int, int> ran = [];
        await using var running = new SqlQueueFactory(database.DataSource, database.Dialect);
        TaskQueue old = Probe.Queue(running);
        TaskDefinition task = old.RegisterTask("t", (int n) => { ran.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
        await old.StartAsync(Token);
        await AddAsync(0);
        await Probe.EventuallyAsync(() => Task.FromResult(!ran.IsEmpty), "some ran");

        // What a later version may do: more columns, with defaults, more tables, another number.
        SqliteProbe.Execute(
            database.File,
            """
            PRAGMA busy_timeout = 5000;
            BEGIN IMMEDIATE;
            ALTER TABLE taskq_messages ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE taskq_queues ADD COLUMN shown TEXT;
            CREATE TABLE taskq_more (id INTEGER PRIMARY KEY);
            CREATE INDEX taskq_messages_priority ON taskq_messages (queue, priority);
            INSERT INTO taskq_schema (version) VALUES (2);
            COMMIT;
            """);
        await AddAsync(Messages / 3);

        // One of this version that starts only now, beside what runs, and does not take the tables back.
        await using (var later = new SqlQueueFactory(database.DataSource, database.Dialect))
        {
            await later.EnsureSchemaAsync(Token);
            TaskQueue beside = later.RegisterQueue(new QueueOptions { Name = old.Name, MinWorkers = 2, MaxWorkers = 2 });
            beside.RegisterTask("t", (int n) => { ran.AddOrUpdate(n, 1, static (_, runs) => runs + 1); });
            await beside.StartAsync(Token);
            await AddAsync(2 * Messages / 3);
            await Probe.EventuallyAsync(async () => await old.CountAsync(Token) == default, "the queue is empty");
            await beside.StopAsync(TimeSpan.FromSeconds(10), Token);
        }

        await old.StopAsync(TimeSpan.FromSeconds(10), Token);
        Figures.Print($"{Messages} messages while the tables changed: lost {Messages - ran.Count}, ran twice {ran.Values.Sum() - ran.Count}");
        Assert.Equal(Messages, ran.Count);
        Assert.All(ran, static run => Assert.Equal(1, run.Value));
        Assert.Equal(["2"], SqliteProbe.Read(database.File, "SELECT MAX(version) FROM taskq_schema"));

        async Task AddAsync(int start)
        {
            for (int n = start; n < start + (Messages / 3); n++)
            {
                await old.AddAsync(task.WithArgs(n), Token);
            }
        }
    }

    [Fact]
    [Trait("Fault", "Q15")]
    public async Task Frame_OfALaterVersion_IsGivenBackAndKeptAsItIs()
    {
        await using var database = new SqliteDatabase();
        await using var factory = new SqlQueueFactory(database.DataSource, database.Dialect);
        var ran = 0;
        TaskQueue queue = Probe.Queue(factory);
        TaskDefinition task = queue.RegisterTask("t", () => { Interlocked.Increment(ref ran); });
        await queue.AddAsync(task.WithArgs(), Token);
        string body = SqliteProbe.Read(database.File, "SELECT hex(body) FROM taskq_messages")[0];
        string later = body[..(2 * FrameVersionAt)] + "7F" + body[((2 * FrameVersionAt) + 2)..];
        SqliteProbe.Execute(database.File, $"UPDATE taskq_messages SET body = x'{later}'");
        await queue.AddAsync(task.WithArgs(), Token);

        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref ran) == 1), "the other one ran");
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { Delayed: 1, Ready: 0, InFlight: 0, Dead: 0 }, "the unknown one waits");
        await queue.StopAsync(TimeSpan.FromSeconds(10), Token);

        Figures.Print($"given back, not discarded; the other one ran {ran} time");
        Assert.Equal([later], SqliteProbe.Read(database.File, "SELECT hex(body) FROM taskq_messages"));
        Assert.Equal(["1"], SqliteProbe.Read(database.File, "SELECT attempt FROM taskq_messages"));
    }
}

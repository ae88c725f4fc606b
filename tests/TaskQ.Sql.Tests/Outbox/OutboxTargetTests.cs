using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TaskQ.Conformance.Harness;
using TaskQ.Memory;
using TaskQ.Redis;
using TaskQ.Redis.Tests.Server;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sqs;
using TaskQ.Sqs.Tests.Fake;

namespace TaskQ.Sql.Tests.Outbox;

/// <summary>The outbox with each kind of store behind the queue.</summary>
public sealed class OutboxTargetTests : IAsyncLifetime
{
    private readonly SqliteDatabase _database = new();
    private readonly List<IAsyncDisposable> _kept = [];
    private readonly ConcurrentDictionary<Guid, int> _runs = [];

    public enum Target
    {
        Memory,
        Sqlite,
        PostgreSql,
        MySql,
        Redis,
        SqsWithCompanion,
        SqsFifo,
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var kept in _kept.AsEnumerable().Reverse())
        {
            await kept.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(Target.Memory)]
    [InlineData(Target.Sqlite)]
    [InlineData(Target.PostgreSql)]
    [InlineData(Target.MySql)]
    [InlineData(Target.Redis)]
    [InlineData(Target.SqsWithCompanion)]
    [InlineData(Target.SqsFifo)]
    public async Task Relay_DiesBetweenAddAndDelete_TheNextOneAddsNothingTwice(Target target)
    {
        const int Messages = 40;
        using var dead = new ManualResetEventSlim();
        var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hasNames = target != Target.SqsFifo;
        var consumer = Queue(await FactoryAsync(target));
        await consumer.StartAsync(Token);
        await using var first = Outbox(consumer, out var firstStore);
        await using var second = Outbox(consumer, out _);
        firstStore.LoseAddReply = () =>
        {
            added.TrySetResult();
            dead.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
            return null;
        };
        try
        {
            await WriteAsync(first, consumer, Messages, hasNames);
            await first.StartAsync(Token);
            await added.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
            await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count == Messages), "all run");
            await Probe.EventuallyAsync(async () => (await consumer.CountAsync(Token)) == default, "all have ended");

            // A minute later.
            Assert.Equal(1, await Probe.ExecuteAsync(_database.DataSource, "UPDATE taskq_leases SET until = 0 WHERE queue = 1"));
            await second.StartAsync(Token);
            await Probe.EventuallyAsync(async () => await second.CountAsync(Token) == default, "the outbox is empty");
            var left = await consumer.CountAsync(Token);

            TestContext.Current.TestOutputHelper!.WriteLine($"[figures] {Messages} messages, {_runs.Count} ids, {_runs.Values.Sum()} runs");
            Assert.Equal(Messages, _runs.Values.Sum());
            Assert.Equal(default, left);
        }
        finally
        {
            dead.Set();
        }
    }

    [Fact]
    public async Task Relay_RedisIsDownForAWhile_EverythingArrivesAndNothingCounts()
    {
        const int Messages = 200;
        var server = await RedisServer.StartAsync();
        _kept.Add(server);
        var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(2) });
        _kept.Add(factory);
        var consumer = Queue(factory);
        await using var outbox = Outbox(consumer, out var store);
        var failures = 0;
        store.OnAdd = _ => Interlocked.Increment(ref failures);
        await server.KillAsync();
        await WriteAsync(outbox, consumer, Messages, hasNames: true);
        await outbox.StartAsync(Token);
        await Probe.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref failures) > Messages), "the relay tries", TimeSpan.FromSeconds(60));
        Assert.Equal(0, (await outbox.CountAsync(Token)).Dead);

        await server.RestartAsync();
        await consumer.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty", TimeSpan.FromSeconds(60));
        await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count == Messages), "all run");

        Assert.Equal(Messages, _runs.Values.Sum());
    }

    [Fact]
    public async Task StartAsync_StoreThatKeepsNoNames_WarnsThatAMessageMayBeThereTwice()
    {
        var logs = new LogRecorder();
        await using var sqs = new SqsQueueFactory(new FakeSqs(TimeProvider.System), new SqsOptions { CreateQueues = true });
        var queue = Probe.Queue(sqs, options => options.Services = logs);
        await using var outbox = new SqlOutbox(_database.DataSource, _database.Dialect, queue);

        await outbox.StartAsync(Token);

        var (level, text) = Assert.Single(logs.Lines, line => line.Text.Contains("twice", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("SqsOptions.Coordinator", text, StringComparison.Ordinal);
    }

    private async Task<QueueFactory> FactoryAsync(Target target)
    {
        var factory = await NewFactoryAsync(target);
        _kept.Add(factory);
        return factory;
    }

    private async Task<QueueFactory> NewFactoryAsync(Target target)
    {
        switch (target)
        {
            case Target.Memory:
                return new MemoryQueueFactory(new MemoryOptions { EncodeMessages = true });
            case Target.Sqlite or Target.PostgreSql or Target.MySql:
                TestDatabase database = target == Target.Sqlite ? new SqliteDatabase() : target == Target.MySql ? new MariaDbDatabase() : new PostgreSqlDatabase();
                _kept.Add(database);
                return new SqlQueueFactory(database.DataSource, database.Dialect);
            case Target.SqsFifo:
                return new SqsQueueFactory(new FakeSqs(TimeProvider.System), new SqsOptions { CreateQueues = true, Fifo = true });
            default:
                var server = await RedisServer.StartAsync();
                _kept.Add(server);
                var redis = new RedisQueueFactory(server.Configuration);
                if (target == Target.Redis)
                {
                    return redis;
                }

                _kept.Add(redis);
                return new SqsQueueFactory(new FakeSqs(TimeProvider.System), new SqsOptions { CreateQueues = true, Coordinator = redis });
        }
    }

    private TaskQueue Queue(QueueFactory factory)
    {
        var queue = Probe.Queue(factory);
        queue.RegisterTask("t", (int n, TaskMessage m) => { _runs.AddOrUpdate(m.Id, 1, static (_, runs) => runs + 1); });
        return queue;
    }

    /// <summary>An outbox of a process of its own, for a queue that is here already.</summary>
    private SqlOutbox Outbox(TaskQueue queue, out FaultyBackend store)
    {
        var faulty = store = new FaultyBackend(queue.Backend);
        var mine = new ProcessFactory(_ => faulty).RegisterQueue(queue.Options.Copy());
        mine.RegisterTask("t", static (int _) => { });
        _kept.Add(mine);
        return new SqlOutbox(_database.DataSource, _database.Dialect, mine);
    }

    private async Task WriteAsync(SqlOutbox outbox, TaskQueue queue, int count, bool hasNames)
    {
        await outbox.EnsureSchemaAsync(Token);
        var task = queue.FindTask("t")!;
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await outbox.AddRangeAsync(
            Enumerable.Range(0, count).Select(n => (hasNames ? n % 4 : 0) switch
            {
                1 => task.WithArgs(n).Unique(),
                2 => task.WithArgs(n).WithName("n" + n),
                3 => task.WithArgs(n).WithName("r" + n, DedupeMode.ReplacePending),
                _ => task.WithArgs(n),
            }),
            transaction,
            Token);
        await transaction.CommitAsync(Token);
    }
}

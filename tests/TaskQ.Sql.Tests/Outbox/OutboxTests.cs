using System.Collections.Concurrent;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Memory;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

/// <summary>The outbox, in each kind of database; the queue is one in memory, whose adds can be made to fail.</summary>
public abstract class OutboxTests : IAsyncLifetime
{
    private readonly TestDatabase _database;
    private readonly MemoryQueueFactory _memory = new(new MemoryOptions { EncodeMessages = true });
    private readonly ConcurrentQueue<(int Number, Guid Id)> _runs = [];
    private readonly TaskQueue _queue;
    private readonly TaskDefinition _task;
    private readonly List<FaultyBackend> _stores = [];

    protected OutboxTests(TestDatabase database)
    {
        _database = database;
        _queue = Through();
        _task = _queue.RegisterTask("t", (int n, TaskMessage m) => _runs.Enqueue((n, m.Id)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FaultyBackend Store => _stores[0];

    public async ValueTask InitializeAsync()
    {
        await using var outbox = Outbox();
        await outbox.EnsureSchemaAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _queue.DisposeAsync();
        await _memory.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Relay_CommittedAndRolledBack_OnlyTheFirstRunUnderTheirIds()
    {
        await using var outbox = Outbox();
        await outbox.StartAsync(Token);
        await _queue.StartAsync(Token);
        var committed = await WriteAsync(outbox, 200);

        await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count >= committed.Count), "all run");
        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty");

        Assert.Equal(committed.Order(), _runs.Select(static run => run.Id).Order());
    }

    [Fact]
    public async Task Relay_QueueIsAwayAndRepliesAreLost_NothingIsLostAndNothingAddedTwice()
    {
        await using var outbox = Outbox();
        await _queue.StartAsync(Token);
        var calls = 0;

        // Of the first calls every second one fails before the store, and one of the others after it.
        Store.FailAdd = () => Interlocked.Increment(ref calls) < 8 && calls % 2 == 0 ? new TimeoutException("away") : null;
        Store.LoseAddReply = () => calls is 1 or 3 ? new TimeoutException("lost") : null;
        await outbox.StartAsync(Token);
        var committed = await WriteAsync(outbox, 100);

        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty", TimeSpan.FromSeconds(60));
        await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count >= committed.Count), "all run");

        TestContext.Current.TestOutputHelper!.WriteLine($"[figures] {committed.Count} committed, {_runs.Count} runs, {calls} calls to the queue");
        Assert.Equal(committed.Order(), _runs.Select(static run => run.Id).Order());
    }

    [Fact]
    public async Task Relay_TwoRelays_EachMessageGoesOnce()
    {
        await using var first = Outbox();
        await using var second = Outbox();
        await _queue.StartAsync(Token);
        await first.StartAsync(Token);
        await second.StartAsync(Token);
        var committed = await WriteAsync(first, 300);

        await Probe.EventuallyAsync(async () => await first.CountAsync(Token) == default, "the outbox is empty", TimeSpan.FromSeconds(60));
        await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count >= committed.Count), "all run");

        Assert.Equal(committed.Order(), _runs.Select(static run => run.Id).Order());
    }

    [Fact]
    public async Task Relay_NamesDelaysAndHeaders_AreKept()
    {
        await using var outbox = Outbox();
        await using (var connection = await _database.DataSource.OpenConnectionAsync(Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await outbox.AddAsync(_task.WithArgs(1).WithName("n").WithHeader("h", "v"), transaction, Token);
            await outbox.AddAsync(_task.WithArgs(2).WithName("n"), transaction, Token);
            await outbox.AddAsync(_task.WithArgs(3).WithDelay(TimeSpan.FromHours(1)), transaction, Token);
            await transaction.CommitAsync(Token);
        }

        await outbox.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty");

        var stored = await _queue.ListAsync(new MessageFilter(), 10, Token);
        Assert.Equal([MessageState.Ready, MessageState.Delayed], stored.Select(static message => message.State));
        Assert.Equal("v", stored[0].Message.Headers["h"]);
        Assert.InRange(stored[1].DueAt, TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(58), TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(60));
    }

    [Fact]
    public async Task Relay_ProducerWhoseClockIsFast_DelaysGoByTheDatabase()
    {
        var added = new ConcurrentQueue<NewMessage>();
        var queue = Through(options => options.TimeProvider = new FastClock(TimeSpan.FromHours(1)));
        var task = queue.RegisterTask<int>("t");
        _stores[^1].OnAdd = added.Enqueue;
        await using var outbox = new SqlOutbox(_database.DataSource, _database.Dialect, queue);
        await using (var connection = await _database.DataSource.OpenConnectionAsync(Token))
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await outbox.AddAsync(task.WithArgs(1).WithDelay(TimeSpan.FromMinutes(1)), transaction, Token);
            await transaction.CommitAsync(Token);
        }

        await outbox.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty");

        var message = Assert.Single(added);
        Assert.Null(message.DueAt);
        Assert.InRange(message.Delay, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60));
        await queue.DisposeAsync();
    }

    [Fact]
    public async Task AddRangeAsync_CommittedAndRolledBack_IsAWhole()
    {
        await using var outbox = Outbox();
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        foreach (var commits in new[] { false, true })
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await outbox.AddRangeAsync(Enumerable.Range(0, 20).Select(n => (TaskMessage)_task.WithArgs(n)), transaction, Token);
            await (commits ? transaction.CommitAsync(Token) : transaction.RollbackAsync(Token));
        }

        Assert.Equal(20, (await outbox.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task StopAsync_QueueIsAway_EndsAfterOneCallAndGivesTheRestBack()
    {
        await using var outbox = Outbox();
        var calls = 0;
        var stopped = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.FailAdd = () =>
        {
            Interlocked.Increment(ref calls);
            stopped.TrySetResult(outbox.StopAsync());
            return new TimeoutException("away");
        };
        var committed = await WriteAsync(outbox, 40);

        await outbox.StartAsync(Token);
        await (await stopped.Task.WaitAsync(TimeSpan.FromSeconds(20), Token)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.Equal(1, calls);
        Assert.Equal(committed.Count, (await outbox.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task Relay_OneMessageIsRefused_TheOthersArriveAndItIsTriedAgain()
    {
        await using var outbox = Outbox();
        var committed = await WriteAsync(outbox, 20);
        var refusals = 0;
        Store.OnAdd = message =>
        {
            if (message.Id == committed[3] && Interlocked.Increment(ref refusals) < 3)
            {
                throw new IOException("not this one");
            }
        };
        await _queue.StartAsync(Token);

        await outbox.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await outbox.CountAsync(Token) == default, "the outbox is empty", TimeSpan.FromSeconds(60));
        await Probe.EventuallyAsync(() => Task.FromResult(_runs.Count >= committed.Count), "all run");

        Assert.Equal(committed.Order(), _runs.Select(static run => run.Id).Order());
    }

    [Fact]
    public async Task Constructor_QueueThatKeepsObjects_SaysWhatToSet()
    {
        await using var memory = new MemoryQueueFactory();

        var error = Assert.Throws<ArgumentException>(() => new SqlOutbox(_database.DataSource, _database.Dialect, Probe.Queue(memory)));

        Assert.Contains("EncodeMessages", error.Message, StringComparison.Ordinal);
    }

    private SqlOutbox Outbox() => new(_database.DataSource, _database.Dialect, _queue);

    /// <summary>Writes messages, each in a transaction, of which every fourth rolls back.</summary>
    private async Task<List<Guid>> WriteAsync(SqlOutbox outbox, int count)
    {
        var committed = new List<Guid>();
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        for (var n = 0; n < count; n++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var id = await outbox.AddAsync(_task.WithArgs(n), transaction, Token);
            if (n % 4 == 3)
            {
                await transaction.RollbackAsync(Token);
                continue;
            }

            await transaction.CommitAsync(Token);
            committed.Add(id);
        }

        return committed;
    }

    /// <summary>A queue in memory behind a store that can be made to fail.</summary>
    private TaskQueue Through(Action<QueueOptions>? configure = null)
    {
        var factory = new ProcessFactory(options =>
        {
            var store = new FaultyBackend(_memory.RegisterQueue(new QueueOptions { Name = options.Name }).Backend);
            _stores.Add(store);
            return store;
        });
        return Probe.Queue(factory, configure);
    }

    /// <summary>A clock that is ahead.</summary>
    private sealed class FastClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}

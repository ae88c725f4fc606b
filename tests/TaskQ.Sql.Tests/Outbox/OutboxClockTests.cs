using System.Collections.Concurrent;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Memory;
using TaskQ.Memory.Testing;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Outbox;

/// <summary>The outbox over long times, by a clock that the tests move.</summary>
public sealed class OutboxClockTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new(new DateTimeOffset(2030, 5, 17, 22, 0, 0, TimeSpan.Zero));
    private readonly SqliteDatabase _database = new();
    private readonly MemoryQueueFactory _memory = new(new MemoryOptions { EncodeMessages = true, Capacity = 20 });
    private readonly TaskQueue _inner;
    private readonly FaultyBackend _store;
    private readonly TaskQueue _queue;
    private readonly TaskDefinition<int> _task;
    private readonly SqlOutbox _outbox;

    public OutboxClockTests()
    {
        _inner = _memory.RegisterQueue(new QueueOptions { Name = "q", TimeProvider = _clock });
        _store = new FaultyBackend(_inner.Backend);
        _queue = new ProcessFactory(_ => _store).RegisterQueue(new QueueOptions { Name = "q", TimeProvider = _clock });
        _task = _queue.RegisterTask<int>("t");
        _outbox = new SqlOutbox(_database.DataSource, _database.Dialect, _queue, new SqlOptions { UseQueueClock = true, MaxDeadLetters = 1 });
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _outbox.EnsureSchemaAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await _outbox.DisposeAsync();
        await _queue.DisposeAsync();
        await _memory.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Relay_QueueIsAwayForLongerThanAllAttempts_NothingDiesAndAllArrives()
    {
        var calls = 0;
        _store.FailAdd = () =>
        {
            Interlocked.Increment(ref calls);
            return new TimeoutException("away");
        };
        await WriteAsync(5);
        var start = _clock.GetUtcNow();
        await _outbox.StartAsync(Token);

        // More often than a message may be refused, and for longer.
        await AdvanceUntilAsync(() => calls > 400 && _clock.GetUtcNow() - start > TimeSpan.FromHours(1), TimeSpan.FromSeconds(2));
        var during = await _outbox.CountAsync(Token);
        _store.FailAdd = null;
        await AdvanceUntilAsync(async () => await _outbox.CountAsync(Token) == default, TimeSpan.FromSeconds(2));

        TestContext.Current.TestOutputHelper!.WriteLine($"[figures] away for {_clock.GetUtcNow() - start}, {calls} calls");
        Assert.Equal(0, during.Dead);
        Assert.Equal(5, (await _inner.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task PeekDeadAsync_RefusedForGoodLongAgo_AllAreThereAndCanBeRequeued()
    {
        var refusals = new ConcurrentDictionary<Guid, int>();
        _store.OnAdd = message =>
        {
            refusals.AddOrUpdate(message.Id, 1, static (_, count) => count + 1);
            throw new PayloadException("It is too large.");
        };
        var ids = await WriteAsync(3);
        await _outbox.StartAsync(Token);
        await AdvanceUntilAsync(async () => (await _outbox.CountAsync(Token)).Dead == 3, TimeSpan.FromSeconds(5));
        var refused = refusals.Values.ToArray();
        _clock.Advance(TimeSpan.FromDays(60));

        var dead = await _outbox.PeekDeadAsync(10, Token);
        _store.OnAdd = null;
        var requeued = await _outbox.RequeueDeadAsync(10, Token);
        await AdvanceUntilAsync(async () => await _outbox.CountAsync(Token) == default, TimeSpan.FromSeconds(1));

        Assert.All(refused, count => Assert.InRange(count, 100, 201));
        Assert.Equal(ids.Order(), dead.Select(static message => message.Id).Order());
        Assert.All(dead, static message => Assert.Equal("It is too large.", message.Error));
        Assert.Equal(3, requeued);
        Assert.Equal(3, (await _inner.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task StopAsync_QueueIsFull_WaitsNoLongerThanItSaysAndLosesNothing()
    {
        await WriteAsync(30);
        await _outbox.StartAsync(Token);
        await Probe.EventuallyAsync(async () => (await _inner.CountAsync(Token)).Ready == 20, "the queue is full");

        var stop = _outbox.StopAsync();
        await AdvanceUntilAsync(() => stop.IsCompleted, TimeSpan.FromSeconds(1));
        await stop;

        var left = await _outbox.CountAsync(Token);
        Assert.Equal(0, left.InFlight + left.Dead);
        Assert.Equal(30, left.Ready + left.Delayed);
        Assert.Equal(20, (await _inner.CountAsync(Token)).Ready);
    }

    private Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step) => AdvanceUntilAsync(() => Task.FromResult(condition()), step);

    /// <summary>Moves the clock in steps, with a pause of real time after each, until something is so.</summary>
    private Task AdvanceUntilAsync(Func<Task<bool>> condition, TimeSpan step) => Probe.EventuallyAsync(
        () =>
        {
            _clock.Advance(step);
            return condition();
        },
        "what the clock was moved for",
        TimeSpan.FromSeconds(120));

    private async Task<List<Guid>> WriteAsync(int count)
    {
        TaskMessage[] messages = [.. Enumerable.Range(0, count).Select(n => _task.WithArgs(n))];
        await using var connection = await _database.DataSource.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await _outbox.AddRangeAsync(messages, transaction, Token);
        await transaction.CommitAsync(Token);
        return [.. messages.Select(static message => message.Id)];
    }
}

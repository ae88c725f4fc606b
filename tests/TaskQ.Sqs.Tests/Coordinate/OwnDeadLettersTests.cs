using TaskQ.Backend;
using TaskQ.Memory.Testing;
using TaskQ.Redis;
using TaskQ.Sqs.Tests.Fake;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

/// <summary>Beside a companion: what SQS moves itself, what its deduplication would drop, and what it drops unseen.</summary>
public sealed class OwnDeadLettersTests(RedisCompanion companion) : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly RedisQueueFactory _redis = new(companion.Configuration, new RedisOptions { UseQueueClock = true });
    private SqsQueueFactory? _factory;
    private FakeSqs? _sqs;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await (_factory?.DisposeAsync() ?? default);
        _sqs?.Dispose();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Redrive_BySqsItself_IsSeenBesideTheCompanionsAndRequeued()
    {
        TaskQueue queue = Queue(options => (options.DeadLetterQueue, options.MaxReceiveCount) = ("moved", 3));
        TaskDefinition task = queue.RegisterTask("t", (int _) => { });
        Guid moved = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        for (int n = 0; n < 3; n++)
        {
            // Its worker dies each time; from the second on it is a suspect, which is asked for alone.
            FetchRequest fetch = Fetch(n >= FetchRequest.SuspectCrashes);
            await queue.Backend.ExchangeAsync([], Fetch(false), Token);
            await queue.Backend.ExchangeAsync([], fetch, Token);
            _clock.Advance(TimeSpan.FromSeconds(31));
        }

        await queue.Backend.ExchangeAsync([], Fetch(false), Token);
        Guid buried = (await queue.AddAsync(task.WithArgs(2), Token)).Id;
        Delivery delivery = (await queue.Backend.ExchangeAsync([], Fetch(false), Token)).Deliveries.Single();
        await queue.Backend.ExchangeAsync(
            [new Settlement(delivery, SettlementKind.Dead, default, new Death("why", null, null, 1))], null, Token);

        Assert.Equal(new QueueCounts(0, 0, 0, 2), await queue.CountAsync(Token));
        Assert.Equal([buried, moved], (await queue.PeekDeadAsync(10, Token)).Select(letter => letter.Message.Id));
        Assert.Equal(DeadReason.Crashed, (await queue.PeekDeadAsync(moved, Token))!.Reason);
        Assert.Equal(2, await queue.RequeueDeadAsync(10, Token));
        Assert.Equal(new QueueCounts(2, 0, 0, 0), await queue.CountAsync(Token));
    }

    [Fact]
    public async Task Fifo_RequeuedWithinFiveMinutesOfItsAdd_IsStoredAgain()
    {
        TaskQueue queue = Queue(options => options.Fifo = true);
        TaskDefinition task = queue.RegisterTask("t", (int _) => { });
        Guid id = (await queue.AddAsync(task.WithArgs(1), Token)).Id;
        for (int round = 0; round < 2; round++)
        {
            Delivery delivery = (await queue.Backend.ExchangeAsync([], Fetch(false), Token)).Deliveries.Single();
            Assert.Equal((id, 1), (delivery.Id, delivery.Attempt));
            await queue.Backend.ExchangeAsync(
                [new Settlement(delivery, SettlementKind.Dead, default, new Death("why", null, null, 1))], null, Token);
            Assert.Equal(new QueueCounts(0, 0, 0, 1), await queue.CountAsync(Token));

            Assert.True(await queue.RequeueDeadAsync(id, Token));

            Assert.Equal(new QueueCounts(1, 0, 0, 0), await queue.CountAsync(Token));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Unique_MessageIsDroppedUnseen_NameEndsWithTheRetention(bool isRetried)
    {
        TimeSpan delay = TimeSpan.FromDays(20);
        TaskQueue queue = Queue();
        TaskDefinition task = queue.RegisterTask("t", (int _) => { });
        await queue.AddAsync(isRetried ? task.WithArgs(1).Unique() : task.WithArgs(1).Unique().WithDelay(delay), Token);
        if (isRetried)
        {
            Delivery delivery = (await queue.Backend.ExchangeAsync([], Fetch(false), Token)).Deliveries.Single();
            await queue.Backend.ExchangeAsync([new Settlement(delivery, SettlementKind.Retry, delay)], null, Token);
        }

        _clock.Advance(delay + TimeSpan.FromDays(14) - TimeSpan.FromSeconds(1));
        Assert.True((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False((await queue.AddAsync(task.WithArgs(1).Unique(), Token)).IsDuplicate);
    }

    [Fact]
    public async Task Companion_OfAFactoryThatIsClosed_StaysOpen()
    {
        TaskQueue queue = Queue();
        await queue.CountAsync(Token);
        await _factory!.DisposeAsync();

        TaskQueue other = Queue();

        Assert.Equal(0, (await other.CountAsync(Token)).Dead);
    }

    [Fact]
    public async Task RegisterQueue_LimitsWithoutACompanion_SaysWhatToSet()
    {
        using var sqs = new FakeSqs(_clock);
        await using var factory = new SqsQueueFactory(sqs);

        var error = Assert.Throws<ArgumentException>(() => factory.RegisterQueue(new QueueOptions { Name = "q", WorkerLimit = 2 }));
        TaskDefinition task = factory.RegisterQueue(new QueueOptions { Name = "q" }).RegisterTask("t", () => { });
        var refused = await Assert.ThrowsAsync<NotSupportedException>(() => task.Queue.AddAsync(task.WithArgs().WithName("n"), Token));

        Assert.Contains("SqsOptions.Coordinator", error.Message, StringComparison.Ordinal);
        Assert.Contains("SqsOptions.Coordinator", refused.Message, StringComparison.Ordinal);
    }

    private static FetchRequest Fetch(bool suspect) => new(new Lease(Guid.NewGuid(), TimeSpan.FromSeconds(30)), 10, TimeSpan.Zero, suspect);

    private TaskQueue Queue(Action<SqsOptions>? configure = null)
    {
        _sqs?.Dispose();
        _sqs = new FakeSqs(_clock);
        var sqs = new SqsOptions { CreateQueues = true, BatchWindow = TimeSpan.Zero, Coordinator = _redis };
        configure?.Invoke(sqs);
        _factory = new SqsQueueFactory(_sqs, sqs);
        return _factory.RegisterQueue(new QueueOptions { Name = "o-" + Guid.NewGuid().ToString("N"), TimeProvider = _clock });
    }
}

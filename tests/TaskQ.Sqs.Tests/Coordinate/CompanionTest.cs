using System.Diagnostics;
using TaskQ.Redis;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

/// <summary>What the tests of SQS with a companion stand on: several processes of one queue, each with both connections of its own.</summary>
public abstract class CompanionTest(SqsServer server, string companion) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> _factories = [];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (IAsyncDisposable factory in Enumerable.Reverse(_factories))
        {
            await factory.DisposeAsync();
        }
    }

    protected static TimeSpan Sec(double seconds) => TimeSpan.FromSeconds(seconds);

    /// <summary>A process with a queue of a name of its own.</summary>
    protected TaskQueue Process(Action<QueueOptions>? configure = null, Action<SqsOptions>? configureSqs = null, Action<RedisOptions>? configureRedis = null)
    {
        var options = new QueueOptions { Name = "c-" + Guid.NewGuid().ToString("N"), MinWorkers = 4, MaxWorkers = 4, FetchWait = Sec(2) };
        configure?.Invoke(options);
        var redis = new RedisOptions();
        configureRedis?.Invoke(redis);
        SqsOptions sqs = server.Options(o => o.CreateQueues = true);
        sqs.Coordinator = Keep(new RedisQueueFactory(companion, redis));
        configureSqs?.Invoke(sqs);
        return Keep(new SqsQueueFactory(sqs)).RegisterQueue(options);
    }

    /// <summary>Another process of the same queue.</summary>
    protected TaskQueue OtherProcess(TaskQueue queue, Action<SqsOptions>? configureSqs = null)
    {
        ArgumentNullException.ThrowIfNull(queue);
        QueueOptions same = queue.Options;
        return Process(
            options =>
            {
                options.Name = same.Name;
                options.WorkerLimit = same.WorkerLimit;
                options.RateLimit = same.RateLimit;
                options.LeaseDuration = same.LeaseDuration;
            },
            configureSqs);
    }

    protected static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        ArgumentNullException.ThrowIfNull(condition);
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"Not so in {Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        }
    }

    protected static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    protected static Task EmptyAsync(TaskQueue queue) => UntilAsync(
        async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty");

    protected T Keep<T>(T factory)
        where T : IAsyncDisposable
    {
        _factories.Add(factory);
        return factory;
    }
}

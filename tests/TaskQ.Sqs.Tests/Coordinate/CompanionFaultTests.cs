using System.Collections.Concurrent;
using System.Diagnostics;
using TaskQ.Redis;
using TaskQ.Redis.Tests.Faults.Network;
using TaskQ.Redis.Tests.Server;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

/// <summary>The companion is down, slow, cut off or silent while SQS is up: nothing is lost, and workers recover.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class CompanionFaultTests(FauxqsServer server) : IAsyncLifetime
{
    private const int Messages = 200;

    private readonly ConcurrentDictionary<int, int> _runs = [];
    private RedisServer _redis = null!;
    private FaultProxy _proxy = null!;
    private Processes _processes = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _proxy = new FaultProxy(_redis.Port);
        _processes = new Processes(server, _proxy.Configuration);
    }

    public async ValueTask DisposeAsync()
    {
        await _processes.DisposeAsync();
        await _proxy.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Companion_IsDown_NamedAddsFailClearlyOthersGoOnAndWorkersRecover()
    {
        (TaskQueue queue, TaskDefinition task) = Queue();
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(0).WithName("n0"), Token);
        await RanAsync(1);

        await _redis.KillAsync();
        _proxy.CutAll();
        long start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<RedisUnavailableException>(() => queue.AddAsync(task.WithArgs(1).WithName("n1"), Token));
        TimeSpan failing = Stopwatch.GetElapsedTime(start);
        await queue.AddRangeAsync(Enumerable.Range(2, Messages - 2).Select(n => task.WithArgs(n)), Token);
        await _redis.RestartAsync();
        start = Stopwatch.GetTimestamp();
        Assert.False((await queue.AddAsync(task.WithArgs(1).WithName("n1"), Token)).IsDuplicate);

        await RanAsync(Messages);
        await EmptyAsync(queue);
        Print($"a named add failed after {failing.TotalSeconds:0.0} s; all ran {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s after the restart, {Twice()} twice");
        Assert.True(failing < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Companion_ConnectionsAreCut_NamesHoldAndNothingIsLost()
    {
        (TaskQueue queue, TaskDefinition task) = Queue(options => options.WorkerLimit = 4);
        await queue.StartAsync(Token);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task cutting = CutAsync(ending.Token);
        int failed = 0;
        int duplicates = 0;
        for (int n = 0; n < Messages; n++)
        {
            TaskMessage message = task.WithArgs(n).WithName("n" + n);
            for (bool isAdded = false; !isAdded;)
            {
                try
                {
                    duplicates += (await queue.AddAsync(message, Token)).IsDuplicate ? 1 : 0;
                    isAdded = true;
                }
                catch (RedisUnavailableException)
                {
                    failed++;
                }
            }
        }

        await RanAsync(Messages);
        await ending.CancelAsync();
        await cutting;
        await EmptyAsync(queue);
        Print($"{_proxy.Accepted} connections, {failed} adds failed and were repeated, {duplicates} met their own name, {Twice()} ran twice");
        Assert.True((await queue.AddAsync(task.WithArgs(0).WithName("n0"), Token)).IsDuplicate);

        // All slots are free again.
        await queue.AddRangeAsync(Enumerable.Range(Messages, 20).Select(n => task.WithArgs(n)), Token);
        await RanAsync(Messages + 20);
    }

    [Fact]
    public async Task Companion_RepliesAreLostWithoutAWord_WorkersRecover()
    {
        (TaskQueue queue, TaskDefinition task) = Queue(options => options.WorkerLimit = 4);
        await queue.StartAsync(Token);
        await queue.AddRangeAsync(Enumerable.Range(0, Messages / 2).Select(n => task.WithArgs(n).Unique()), Token);
        await RanAsync(10);

        _proxy.BlackHole();
        long start = Stopwatch.GetTimestamp();
        await queue.AddRangeAsync(Enumerable.Range(Messages / 2, Messages / 2).Select(n => task.WithArgs(n)), Token);
        await RanAsync(Messages);
        Print($"all ran {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s after the connections went dead, {Twice()} twice");
        await EmptyAsync(queue);
        await UntilAsync(
            async () => !(await queue.AddAsync(task.WithArgs(0).Unique(), Token)).IsDuplicate, "the name of what has ended is free");
    }

    [Fact]
    public async Task Companion_IsSlow_LimitsHoldAndAllRun()
    {
        int running = 0;
        int most = 0;
        (TaskQueue queue, TaskDefinition task) = Queue(options => options.WorkerLimit = 3, async n =>
        {
            int now = Interlocked.Increment(ref running);
            lock (_runs)
            {
                most = Math.Max(most, now);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            Interlocked.Decrement(ref running);
        });
        _proxy.Delay = TimeSpan.FromMilliseconds(100);
        long start = Stopwatch.GetTimestamp();
        await queue.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(n).WithName("n" + n)), Token);
        TimeSpan adding = Stopwatch.GetElapsedTime(start);
        await queue.StartAsync(Token);

        await RanAsync(40);
        await EmptyAsync(queue);
        Print($"200 ms a call: 40 named adds at once in {adding.TotalSeconds:0.0} s, all ran {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s after, at most {most} at a time, {Twice()} twice");
        Assert.InRange(most, 1, 3);
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"Not so in a minute: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
        }
    }

    private static Task EmptyAsync(TaskQueue queue) => UntilAsync(
        async () =>
        {
            try
            {
                return await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 };
            }
            catch (RedisUnavailableException)
            {
                // A count is not tried again by itself; the connection that was cut last may still be on its way back.
                return false;
            }
        },
        "the queue is empty");

    private Task RanAsync(int count) => UntilAsync(() => Task.FromResult(_runs.Count >= count), $"{count} have run");

    private int Twice() => _runs.Values.Count(runs => runs > 1);

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _proxy.CutAll();
        }
    }

    private (TaskQueue Queue, TaskDefinition Task) Queue(Action<QueueOptions>? configure = null, Func<int, Task>? handle = null)
    {
        TaskQueue queue = _processes.Open(options =>
        {
            options.LeaseDuration = TimeSpan.FromSeconds(5);
            configure?.Invoke(options);
        });
        return (queue, queue.RegisterTask("t", async (int n) =>
        {
            await (handle?.Invoke(n) ?? Task.CompletedTask);
            _runs.AddOrUpdate(n, 1, static (_, runs) => runs + 1);
        }));
    }

    private sealed class Processes(SqsServer server, string companion) : CompanionTest(server, companion)
    {
        public TaskQueue Open(Action<QueueOptions> configure) => Process(
            configure, configureRedis: static redis => (redis.CallTimeout, redis.AddRetries) = (TimeSpan.FromSeconds(1), 3));
    }
}

using StackExchange.Redis;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>How many calls the server sees. Each test has a server of its own.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class TrafficTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Consumer_Idle_MakesAtMostTwoCallsPerSecond()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => options.MaxFetchers = 4);
        var ran = new TaskCompletionSource();
        var task = queue.RegisterTask("t", () => ran.TrySetResult());
        await queue.StartAsync(Token);
        await queue.AddAsync(task.WithArgs(), Token);
        await ran.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
        var before = await Probe.ScriptCallsAsync(admin);

        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Token);

        var calls = await Probe.ScriptCallsAsync(admin) - before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{calls} calls in 5 s");
        Assert.InRange(calls, 1, 10);
    }

    [Fact]
    public async Task Producer_Idle_MakesNoCalls()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        await queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token);
        var before = await Probe.ScriptCallsAsync(admin);

        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, Token);

        Assert.Equal(before, await Probe.ScriptCallsAsync(admin));
        var channel = new RedisChannel("tq:{" + queue.Name + "}:w", RedisChannel.PatternMode.Literal);
        Assert.Equal(0, await admin.Multiplexer.GetSubscriber().PublishAsync(channel, "w"));
    }

    [Fact]
    public async Task AddAsync_OneAfterTheOther_TakeThreeCallsEach()
    {
        // The add; the fetch that it wakes; what is finished, with which the store says that nothing more is there.
        const int Messages = 50;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask("t", () => { ran.Release(); });
        await queue.StartAsync(Token);
        await AddOneAsync();
        var before = await Probe.ScriptCallsAsync(admin);

        for (var n = 0; n < Messages; n++)
        {
            await AddOneAsync();
        }

        var calls = await Probe.ScriptCallsAsync(admin) - before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{calls} calls for {Messages} messages");

        // Now and then a handler is not done when the next fetch leaves, or a poll comes.
        Assert.InRange(calls, 3 * Messages, 3 * Messages + Messages / 2);

        async Task AddOneAsync()
        {
            await queue.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
            await Probe.EventuallyAsync(async () => !await admin.KeyExistsAsync("tq:{" + queue.Name + "}:j"), "it is settled");
        }
    }

    [Fact]
    public async Task AddAsync_ManyAtOnce_GoTogether()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });
        await queue.AddAsync(task.WithArgs(0), Token);
        var before = await Probe.ScriptCallsAsync(admin);

        await Task.WhenAll(Enumerable.Range(0, 1000).Select(n => queue.AddAsync(task.WithArgs(n), Token)));

        var calls = await Probe.ScriptCallsAsync(admin) - before;
        TestContext.Current.TestOutputHelper!.WriteLine($"{calls} calls for 1000 adds");
        Assert.InRange(calls, 2, 200);
        Assert.Equal(1001, (await queue.CountAsync(Token)).Ready);
    }

    [Fact]
    public async Task AddAsync_Idle_ConsumerStartsAtOnce()
    {
        // Woken, not polled: a poll would take a second and more.
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var consumers = new RedisQueueFactory(server.Configuration);
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, options => options.Name = producer.Name);
        var task = producer.RegisterTask<long>("t");
        var latencies = new List<TimeSpan>();
        using var ran = new SemaphoreSlim(0);
        consumer.RegisterTask("t", (long start) =>
        {
            latencies.Add(TimeProvider.System.GetElapsedTime(start));
            ran.Release();
        });
        await consumer.StartAsync(Token);
        for (var n = 0; n < 30; n++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, Token);
            await producer.AddAsync(task.WithArgs(TimeProvider.System.GetTimestamp()), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        latencies.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"p50 {latencies[15].TotalMilliseconds:0.00} ms, most {latencies[^1].TotalMilliseconds:0.00} ms");
        Assert.True(latencies[15] < TimeSpan.FromMilliseconds(100), $"the median is {latencies[15]}");
    }

    [Fact]
    public async Task Delayed_Idle_StartsWhenItIsDue()
    {
        // By the server's clock, and by the time that the wake-up brought.
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var lates = new List<TimeSpan>();
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask("t", (DateTimeOffset due) =>
        {
            lates.Add(TimeProvider.System.GetUtcNow() - due);
            ran.Release();
        });
        await queue.StartAsync(Token);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token);
        for (var n = 0; n < 10; n++)
        {
            var due = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(150);
            await queue.AddAsync(task.WithArgs(due).WithSchedule(due), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        lates.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"late by p50 {lates[5].TotalMilliseconds:0.00} ms, most {lates[^1].TotalMilliseconds:0.00} ms");
        Assert.True(lates[0] >= TimeSpan.Zero, $"one started {-lates[0]} early");
        Assert.True(lates[5] < TimeSpan.FromMilliseconds(100), $"the median is late by {lates[5]}");
    }

    [Fact]
    public async Task Retry_Idle_StartsWhenItIsDue()
    {
        // By the delay that came back with the settlement of the failed run: a poll would take a second and more.
        var delay = TimeSpan.FromMilliseconds(150);
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var lates = new List<TimeSpan>();
        var failed = 0L;
        using var ran = new SemaphoreSlim(0);
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryDelay = _ =>
            {
                failed = TimeProvider.System.GetTimestamp();
                return delay;
            },
            Handler = (TaskContext context) =>
            {
                if (context.Attempt == 1)
                {
                    throw new InvalidOperationException("once");
                }

                lates.Add(TimeProvider.System.GetElapsedTime(failed) - delay);
                ran.Release();
            },
        });
        await queue.StartAsync(Token);
        for (var n = 0; n < 10; n++)
        {
            await queue.AddAsync(task.WithArgs(), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        lates.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine($"late by p50 {lates[5].TotalMilliseconds:0.00} ms, most {lates[^1].TotalMilliseconds:0.00} ms");
        Assert.True(lates[0] >= TimeSpan.FromMilliseconds(-1), $"one started {-lates[0]} early");
        Assert.True(lates[5] < TimeSpan.FromMilliseconds(100), $"the median is late by {lates[5]}");
    }
}

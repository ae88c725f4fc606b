using System.Diagnostics;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Connect;

/// <summary>A consumer does not start on a server that can't keep queues; an outage is waited for.</summary>
public sealed class ConsumerStartTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R20")]
    public async Task StartAsync_EvictingPolicy_FailsUntilItIsChanged()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => queue.StartAsync(Token));
        var all = await Assert.ThrowsAsync<AggregateException>(() => factory.StartAsync(Token));

        Assert.Contains("maxmemory-policy allkeys-lru", error.Message, StringComparison.Ordinal);
        Assert.Contains("noeviction", all.InnerException!.Message, StringComparison.Ordinal);
        Assert.False(queue.Consumer.Stats.Running);
        await (await Probe.AdminAsync(server)).ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await queue.StartAsync(Token);
        Assert.True(queue.Consumer.Stats.Running);
    }

    [Fact]
    public async Task StartAsync_UserLacksARight_FailsWithItsName()
    {
        var server = new LimitedServer();
        await using var ending = server;
        await server.InitializeAsync();
        await server.AllowAsync(rule => rule == "+zadd" ? "-zadd" : rule);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);

        var error = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => queue.StartAsync(Token));

        Assert.StartsWith("The Redis user may not run zadd.", error.Message, StringComparison.Ordinal);
        Assert.False(queue.Consumer.Stats.Running);
    }

    [Fact]
    public async Task StartAsync_ServerIsDown_StartsAndRunsOnceItIsBack()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var factory = new RedisQueueFactory(server.Configuration + ",connectTimeout=500", new RedisOptions { CallTimeout = CallTimeout });
        var queue = Probe.Queue(factory);
        var ran = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = queue.RegisterTask("t", ran.SetResult);

        await queue.StartAsync(Token);

        Assert.True(queue.Consumer.Stats.Running);
        await server.RestartAsync();
        await queue.AddAsync(task.WithArgs(), Token);
        await ran.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
    }

    [Fact]
    public async Task StartAsync_ServerHangs_StartsWithinACall()
    {
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration + ",connectTimeout=60000", new RedisOptions { CallTimeout = CallTimeout });
        var queue = Probe.Queue(factory);
        server.Pause();

        var started = Stopwatch.GetTimestamp();
        await queue.StartAsync(Token);

        Assert.InRange(Stopwatch.GetElapsedTime(started), CallTimeout - TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(20));
        Assert.True(queue.Consumer.Stats.Running);
        server.Continue();
    }

    [Fact]
    public async Task StartAsync_StoppedOrCancelledMeanwhile_DoesNotRun()
    {
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(2) });
        var queue = Probe.Queue(factory);
        server.Pause();
        using var cancelling = new CancellationTokenSource();
        var cancelled = queue.StartAsync(cancelling.Token);
        var stopped = queue.StartAsync(Token);

        await cancelling.CancelAsync();
        await queue.StopAsync(TimeSpan.Zero, Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAsync<OperationCanceledException>(() => stopped);
        Assert.False(queue.Consumer.Stats.Running);
        server.Continue();
        await queue.StartAsync(Token);
        Assert.True(queue.Consumer.Stats.Running);
    }

    [Fact]
    public async Task CheckAsync_CompanionEvicts_FailsToo()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var companion = factory.CreateCoordinator(new QueueOptions { Name = "q" });

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => ((IStoreCheck)companion).CheckAsync(Token).AsTask());

        Assert.Contains("allkeys-lru", error.Message, StringComparison.Ordinal);
    }
}

using System.Collections.Concurrent;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>What a server does to its clients. Each test has a server of its own.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ServerFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScriptFlush_OnEveryPath_IsNotNoticed()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });

        await FlushedAsync(() => queue.AddAsync(task.WithArgs(1), Token));
        await FlushedAsync(() => queue.AddRangeAsync([task.WithArgs(2), task.WithArgs(3)], Token));
        await FlushedAsync(() => queue.CountAsync(Token));
        await FlushedAsync(() => queue.ListAsync(new MessageFilter(), 10, Token));
        await FlushedAsync(() => queue.CancelAsync(Guid.NewGuid(), Token));
        await FlushedAsync(() => queue.RequeueDeadAsync(1, Token));
        await FlushedAsync(() => queue.Consumer.ProcessAllAsync(Token));
        await FlushedAsync(() => queue.Backend.BeatAsync([new Backend.Lease(Guid.NewGuid(), TimeSpan.FromSeconds(1))], Token).AsTask());

        Assert.Equal(default, await queue.CountAsync(Token));
        Assert.Equal(3, queue.Consumer.Stats.Processed);

        async Task FlushedAsync(Func<Task> call)
        {
            await admin.ExecuteAsync("SCRIPT", "FLUSH");
            await call();
        }
    }

    [Fact]
    public async Task ScriptFlush_WhileManyAddAndRun_LosesNothing()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var (added, ran, duplicates) = await RunAsync(server, () => admin.ExecuteAsync("SCRIPT", "FLUSH"));

        Assert.Equal(added.Order(), ran.Order());
        Assert.Equal(0, duplicates);
    }

    [Fact]
    public async Task ClientKill_WhileManyAddAndRun_LosesNothing()
    {
        // R2: every connection is cut, over and over; adds are repeated by id, fetches by lease.
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var (added, ran, duplicates) = await RunAsync(server, () => admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"));

        TestContext.Current.TestOutputHelper!.WriteLine($"{added.Count} added, {ran.Distinct().Count()} ran, {duplicates} duplicates");
        Assert.Equal(added.Order(), ran.Distinct().Order());
    }

    [Fact]
    public async Task ServerCrashes_WithAofAlways_LosesNothing()
    {
        // R3: what was confirmed is on disk; what was not is added again.
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        var (added, ran, duplicates) = await RunAsync(server, server.CrashAsync, times: 3);

        TestContext.Current.TestOutputHelper!.WriteLine($"{added.Count} added, {ran.Distinct().Count()} ran, {duplicates} duplicates");
        Assert.Empty(added.Except(ran));
    }

    [Fact]
    public async Task ServerStopped_CallsEndAndWorkGoesOnAfterwards()
    {
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(
            server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromMilliseconds(300), AddRetries = 0 });
        var queue = Probe.Queue(factory);
        var ran = new TaskCompletionSource();
        var task = queue.RegisterTask("t", () => ran.TrySetResult());
        await queue.StartAsync(Token);
        await queue.CountAsync(Token);

        server.Pause();
        var error = await Assert.ThrowsAsync<RedisUnavailableException>(() => queue.AddAsync(task.WithArgs(), Token));
        Assert.Contains(queue.Name, error.Message, StringComparison.Ordinal);
        server.Continue();

        await Probe.EventuallyAsync(
            async () =>
            {
                try
                {
                    await queue.AddAsync(task.WithArgs(), Token);
                    return true;
                }
                catch (RedisUnavailableException)
                {
                    return false;
                }
            },
            "an add succeeds again");
        await ran.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
    }

    /// <summary>Adds from several threads and runs, with a fault every now and then.</summary>
    private static async Task<(ConcurrentBag<Guid> Added, ConcurrentBag<Guid> Ran, int Duplicates)> RunAsync(RedisServer server, Func<Task> fault, int times = 10)
    {
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { AddRetries = 20 });
        await using var consumers = new RedisQueueFactory(server.Configuration);
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, options => (options.Name, options.MaxWorkers) = (producer.Name, 8));
        var added = new ConcurrentBag<Guid>();
        var ran = new ConcurrentBag<Guid>();
        var task = producer.RegisterTask<int>("t");
        consumer.RegisterTask("t", (int _, TaskContext context) => ran.Add(context.Message.Id));
        await consumer.StartAsync(Token);
        var faultsAreOver = false;
        var adding = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref faultsAreOver))
                {
                    added.Add((await producer.AddAsync(task.WithArgs(1), Token)).Id);
                }
            },
            Token)));
        for (var i = 0; i < times && !adding.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Token);
            await fault();
        }

        Volatile.Write(ref faultsAreOver, true);
        await adding;
        Assert.True(added.Count > 100, $"only {added.Count} messages were added during the faults");
        await Probe.EventuallyAsync(() => Task.FromResult(ran.Distinct().Count() >= added.Count), "all messages ran");
        await Probe.EventuallyAsync(
            async () => await producer.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty");
        return (added, ran, ran.Count - ran.Distinct().Count());
    }
}

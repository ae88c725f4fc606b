using System.Globalization;
using StackExchange.Redis;
using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>What a server does to its clients. Each test has a server of its own.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class ServerFaultTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R18")]
    public async Task ScriptFlush_OnEveryPath_IsNotNoticed()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });
        var flushes = 0;

        await FlushedAsync(() => queue.AddAsync(task.WithArgs(1), Token));
        await FlushedAsync(() => queue.AddRangeAsync([task.WithArgs(2), task.WithArgs(3)], Token));
        await FlushedAsync(() => queue.CountAsync(Token));
        await FlushedAsync(() => queue.ListAsync(new MessageFilter(), 10, Token));
        await FlushedAsync(() => queue.CancelAsync(Guid.NewGuid(), Token));
        await FlushedAsync(() => queue.RequeueDeadAsync(1, Token));
        await FlushedAsync(() => queue.Consumer.ProcessAllAsync(Token));
        await FlushedAsync(() => queue.Backend.BeatAsync([new Backend.Lease(Guid.NewGuid(), TimeSpan.FromSeconds(1))], Token).AsTask());

        var counts = await queue.CountAsync(Token);
        var ran = queue.Consumer.Stats.Processed;
        Figures.Print($"{flushes} flushes, each before another call: lost {3 - ran}, errors 0, {counts} left");
        Assert.Equal(default, counts);
        Assert.Equal(3, ran);

        async Task FlushedAsync(Func<Task> call)
        {
            await admin.ExecuteAsync("SCRIPT", "FLUSH");
            flushes++;
            await call();
        }
    }

    [Fact]
    [Trait("Fault", "R18")]
    public async Task ScriptFlush_WhileManyAddAndRun_LosesNothing()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var load = await RunAsync(server, () => admin.ExecuteAsync("SCRIPT", "FLUSH"), times: 20, pause: 100);

        load.Print("20 flushes");
        Assert.Equal(load.Added.Order(), load.Ran.Order());
    }

    [Fact]
    [Trait("Fault", "R2")]
    public async Task ClientKill_WhileManyAddAndRun_LosesNothing()
    {
        // Every connection is cut, over and over; adds are repeated by id, fetches by lease.
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var load = await RunAsync(server, () => admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), times: 24, pause: 250);

        load.Print("24 times all clients killed");
        Assert.Equal(load.Added.Order(), load.Ran.Distinct().Order());
        Assert.True(load.Duplicates <= load.Added.Count / 100, $"{load.Duplicates} duplicates of {load.Added.Count}");
    }

    [Fact]
    [Trait("Fault", "R3")]
    public async Task ServerCrashes_WithAofAlways_LosesNothing()
    {
        // What was confirmed is on disk; what was not is added again.
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        var load = await RunAsync(server, server.CrashAsync, times: 4, pause: 500);

        load.Print("4 crashes");
        Assert.Empty(load.Added.Except(load.Ran));
        machine.AssertWithin(TimeSpan.FromSeconds(3), load.Recovery.Max(), "work went on");
    }

    [Fact]
    [Trait("Fault", "R23")]
    public async Task Server_IsDemotedForAWhile_ClientsComeBack()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var load = await RunAsync(
            server,
            async () =>
            {
                // A master that does not answer: what is stored stays, and nothing can be written.
                await admin.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Token);
                await admin.ExecuteAsync("REPLICAOF", "NO", "ONE");
            },
            times: 2,
            pause: 500);

        load.Print("2 demotions of 0.5 s");
        Assert.Empty(load.Added.Except(load.Ran));
        machine.AssertWithin(TimeSpan.FromSeconds(5), load.Recovery.Max(), "work went on");
    }

    [Theory]
    [Trait("Fault", "R24")]
    [InlineData("CLIENT", "PAUSE", "4000")]
    [InlineData("DEBUG", "SLEEP", "4")]
    public async Task Server_StandsStillLongerThanALease_LosesNothing(string command, string what, string time)
    {
        const int Messages = 1200, InFlight = 8;
        var lease = TimeSpan.FromSeconds(2);
        await using var test = await FaultQueue.OpenAsync();
        var admin = await Probe.AdminAsync(test.Server);
        string[] arguments = ["--batch", $"{InFlight}", "--buffer", $"{InFlight}"];
        await Task.WhenAll(test.Workers.StartAsync(lease, arguments), test.Workers.StartAsync(lease, arguments));
        await test.AddAsync(test.Work, 0, Messages, 50);
        await test.Workers.RecordedAsync('E', 100);
        var connections = await ConnectionsAsync(admin);
        var start = TimeProvider.System.GetTimestamp();
        await Task.WhenAny(admin.ExecuteAsync(command, what, time));
        await Probe.EventuallyAsync(
            () => Task.FromResult(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(4)), "the pause is over");
        var over = TimeProvider.System.GetTimestamp();
        await test.Workers.RecordedAsync('E', test.Record.Count('E') + (3 * InFlight));
        var resumed = test.Record.Of('S').Select(e => e.Time).Where(t => t > over).Min();
        await test.DrainedAsync();

        var lost = await test.LostAsync(0, Messages);
        var recovery = TimeProvider.System.GetElapsedTime(over, resumed);
        var reconnects = await ConnectionsAsync(admin) - connections;
        Figures.Print($"{command} {what} {time}: lost {lost.Length}, duplicates {test.Record.Duplicates()}, {reconnects} new connections, "
            + $"went on after {Figures.Milliseconds(recovery)} ms");
        Assert.Empty(lost);
        Assert.InRange(test.Record.Duplicates(), 0, 2 * 2 * InFlight);
        machine.AssertWithin(TimeSpan.FromSeconds(3), recovery, "work went on");

        // Two processes, the producer and the admin, two connections each: no storm.
        Assert.InRange(reconnects, 0, 4 * 2 * 4);
    }

    [Fact]
    [Trait("Fault", "R12")]
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
        var start = TimeProvider.System.GetTimestamp();
        var error = await Assert.ThrowsAsync<RedisUnavailableException>(() => queue.AddAsync(task.WithArgs(), Token));
        var surfaced = TimeProvider.System.GetElapsedTime(start);
        Assert.Contains(queue.Name, error.Message, StringComparison.Ordinal);
        server.Continue();
        start = TimeProvider.System.GetTimestamp();

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

        Figures.Print($"the error came after {Figures.Milliseconds(surfaced)} ms; the next message ran "
            + $"{Figures.Milliseconds(TimeProvider.System.GetElapsedTime(start))} ms after the server went on");
        machine.AssertWithin(TimeSpan.FromSeconds(2), surfaced, "the error came");
    }

    private static async Task<long> ConnectionsAsync(IDatabase admin)
    {
        long count = 0;
        await Probe.EventuallyAsync(
            async () =>
            {
                try
                {
                    var info = (string)(await admin.ExecuteAsync("INFO", "stats"))!;
                    count = long.Parse(info.Split("total_connections_received:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
                    return true;
                }
                catch (Exception error) when (error is RedisConnectionException or TimeoutException)
                {
                    return false;
                }
            },
            "the server answers");
        return count;
    }

    /// <summary>Adds from several threads and runs, with a fault every now and then.</summary>
    private static async Task<FaultLoad> RunAsync(RedisServer server, Func<Task> fault, int times, int pause)
    {
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { AddRetries = 20 });
        await using var consumers = new RedisQueueFactory(server.Configuration);
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, options => (options.Name, options.MaxWorkers) = (producer.Name, 8));
        var load = new FaultLoad();
        var task = producer.RegisterTask<int>("t");
        consumer.RegisterTask("t", (int _, TaskContext context) => load.OnRun(context.Message.Id));
        await consumer.StartAsync(Token);
        var faultsAreOver = false;
        var adding = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref faultsAreOver))
                {
                    load.Added.Add((await producer.AddAsync(task.WithArgs(1), Token)).Id);

                    // A load that a busy machine follows too: what is measured is the fault.
                    await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Token);
                }
            },
            Token)));
        for (var i = 0; i < times && !adding.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(pause), TimeProvider.System, Token);
            await fault();
            load.OnFault();
        }

        // As long as it takes until both sides work again.
        await Probe.EventuallyAsync(() => Task.FromResult(load.HasRecovered), "messages run again after the last fault");
        Volatile.Write(ref faultsAreOver, true);
        await adding;
        Assert.True(load.Added.Count > 100, $"only {load.Added.Count} messages were added during the faults");
        await Probe.EventuallyAsync(() => Task.FromResult(load.Ran.Distinct().Count() >= load.Added.Count), "all messages ran");
        await Probe.EventuallyAsync(
            async () => await producer.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty");
        return load;
    }
}

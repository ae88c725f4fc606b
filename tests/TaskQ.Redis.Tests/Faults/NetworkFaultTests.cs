using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using TaskQ.Conformance.Harness;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;
using TaskQ.Redis.Tests.Faults.Network;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Connections that lose replies, go dead without a word, or lose the wake-ups.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class NetworkFaultTests(Standstill machine)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R14")]
    public async Task FetchReplies_AreLost_MessagesRunSoonAndNoSlotLeaks()
    {
        // A lease so long that what a lost reply reserved must come by the client's own retry, and nothing runs twice.
        const int Messages = 600, Cuts = 8;
        var lease = TimeSpan.FromSeconds(30);
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new FaultProxy(server.Port);
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var consumers = new RedisQueueFactory(proxy.Configuration);
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, o =>
        {
            (o.Name, o.LeaseDuration, o.MinWorkers, o.MaxWorkers) = (producer.Name, lease, 8, 8);
            (o.FetchBatchSize, o.BufferSize) = (8, 8);
        });
        var task = producer.RegisterTask<int>("t");
        var runs = new ConcurrentQueue<(int Number, long Time)>();
        var running = 0;
        var most = 0;
        consumer.RegisterTask("t", async (int n) =>
        {
            runs.Enqueue((n, TimeProvider.System.GetTimestamp()));
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
            Interlocked.Decrement(ref running);
        });
        var calls = 0;
        var messages = Enumerable.Range(0, Messages).Select(n => task.WithArgs(n)).ToArray();
        var ids = messages.Select(message => message.Id).ToArray();
        var cuts = new ConcurrentQueue<LostReply>();
        await consumer.StartAsync(Token);
        await producer.AddAsync(messages[0], Token);
        await Probe.EventuallyAsync(() => Task.FromResult(!runs.IsEmpty), "the first one ran");
        proxy.LosesReply = data =>
        {
            // Every fifth exchange, until so many replies with messages are lost; some only settle.
            var loses = AddFaultTests.IsCallOf(data.Span, QueueScripts.Exchange) && Interlocked.Increment(ref calls) % 5 == 0 && CutsOfFetches() < Cuts;
            if (loses)
            {
                cuts.Enqueue(new LostReply(TimeProvider.System.GetTimestamp()));
            }

            return loses;
        };
        proxy.OnLostReply = data => cuts.Last().Add(data.Span);
        await producer.AddRangeAsync(messages[1..], Token);
        await Probe.EventuallyAsync(
            async () => await producer.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", TimeSpan.FromSeconds(40));

        // From each cut to the first start of each message that was in its reply.
        var starts = runs.GroupBy(r => r.Number).ToDictionary(g => g.Key, g => g.Min(r => r.Time));
        var resumed = cuts.SelectMany(cut => Enumerable.Range(0, Messages).Where(n => cut.Holds(ids[n]))
            .Select(n => TimeProvider.System.GetElapsedTime(cut.Time, starts[n]))).ToList();
        Volatile.Write(ref most, 0);
        await producer.AddRangeAsync(Enumerable.Range(0, 40).Select(n => task.WithArgs(Messages + n)), Token);
        await Probe.EventuallyAsync(
            async () => await producer.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty again");
        var lost = Enumerable.Range(0, Messages + 40).Except(runs.Select(r => r.Number)).Count();
        var duplicates = runs.Count - runs.DistinctBy(r => r.Number).Count();
        Figures.Print($"{Messages} messages, {cuts.Count} replies lost: lost {lost}, duplicates {duplicates}, the {resumed.Count} "
            + $"in those replies start {Figures.Milliseconds(resumed.Min())} to {Figures.Milliseconds(resumed.Max())} ms later; {most} of 8 workers run afterwards");
        Assert.InRange(CutsOfFetches(), Cuts, Cuts + 1);
        Assert.Equal(0, lost);
        Assert.Equal(0, duplicates);
        machine.AssertWithin(TimeSpan.FromSeconds(3), resumed.Max(), "one of a lost reply ran");
        Assert.Equal(8, most);

        int CutsOfFetches() => cuts.Count(cut => ids.Any(cut.Holds));
    }

    [Fact]
    [Trait("Fault", "R25")]
    public async Task Connection_IsHalfOpen_WorkResumesOnAnotherOne()
    {
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new FaultProxy(server.Port);
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var consumers = new RedisQueueFactory(proxy.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, o => (o.Name, o.LeaseDuration) = (producer.Name, 3 * Heartbeat));
        var task = producer.RegisterTask<int>("t");
        var runs = new ConcurrentQueue<(int Number, long Time)>();
        consumer.RegisterTask("t", (int n) => runs.Enqueue((n, TimeProvider.System.GetTimestamp())));
        await consumer.StartAsync(Token);
        await producer.AddAsync(task.WithArgs(0), Token);
        await Probe.EventuallyAsync(() => Task.FromResult(runs.Count == 1), "the first one ran");

        proxy.BlackHole();
        var cut = TimeProvider.System.GetTimestamp();
        await producer.AddRangeAsync(Enumerable.Range(1, 20).Select(n => task.WithArgs(n)), Token);
        await Probe.EventuallyAsync(() => Task.FromResult(runs.DistinctBy(r => r.Number).Count() == 21), "all ran", TimeSpan.FromSeconds(40));

        var recovery = TimeProvider.System.GetElapsedTime(cut, runs.Max(r => r.Time));
        Figures.Print($"21 messages: lost 0, duplicates {runs.Count - 21}, all done {Figures.Milliseconds(recovery)} ms after the connections went dead, "
            + $"{proxy.Accepted} connections in all");

        machine.AssertWithin(2 * Heartbeat, recovery, "all ran");
    }

    [Fact]
    public async Task Network_IsSlowAndCut_LosesNothing()
    {
        const int Messages = 300;
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new FaultProxy(server.Port) { Delay = TimeSpan.FromMilliseconds(100) };
        await using var factory = new RedisQueueFactory(proxy.Configuration, new RedisOptions { AddRetries = 20 });
        var queue = Probe.Queue(factory, o => (o.LeaseDuration, o.MinWorkers, o.MaxWorkers) = (TimeSpan.FromSeconds(30), 8, 8));
        var runs = new ConcurrentQueue<int>();
        var task = queue.RegisterTask("t", (int n) => runs.Enqueue(n));
        await queue.StartAsync(Token);
        for (var n = 0; n < Messages; n += 60)
        {
            var adding = Task.WhenAll(Enumerable.Range(n, 60).Select(i => queue.AddAsync(task.WithArgs(i), Token)));
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System, Token);
            proxy.CutAll();
            await adding;
        }

        await Probe.EventuallyAsync(
            async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is empty", TimeSpan.FromSeconds(40));
        var duplicates = runs.Count - runs.Distinct().Count();
        Figures.Print($"{Messages} messages, 0.2 s a round trip, 5 cuts: lost {Enumerable.Range(0, Messages).Except(runs).Count()}, duplicates {duplicates}");
        Assert.Equal(Enumerable.Range(0, Messages), runs.Distinct().Order());
        Assert.Equal(0, duplicates);
    }

    [Fact]
    [Trait("Fault", "R26")]
    public async Task Subscription_IsKilled_PollsBridgeTheGap()
    {
        const int Rounds = 15;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var consumers = new RedisQueueFactory(server.Configuration);
        var producer = Probe.Queue(factory);
        var consumer = Probe.Queue(consumers, o => o.Name = producer.Name);
        var task = producer.RegisterTask<long>("t");
        var latencies = new ConcurrentQueue<TimeSpan>();
        consumer.RegisterTask("t", (long start) => latencies.Enqueue(TimeProvider.System.GetElapsedTime(start)));
        await consumer.StartAsync(Token);
        await AddOneAsync();
        var ordinary = new List<TimeSpan>();
        var during = new List<TimeSpan>();
        for (var round = 0; round < Rounds; round++)
        {
            await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
            during.Add(await AddOneAsync());
        }

        // Back on the line, but not subscribed: only polls are left.
        await admin.ExecuteAsync("ACL", "SETUSER", "default", "-subscribe");
        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        var deaf = new List<TimeSpan> { await AddOneAsync(), await AddOneAsync() };
        await admin.ExecuteAsync("ACL", "SETUSER", "default", "+subscribe");
        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await admin.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub");
        await Probe.EventuallyAsync(
            async () => (int)((StackExchange.Redis.RedisResult[])(await admin.ExecuteAsync("PUBSUB", "NUMSUB", "tq:{" + producer.Name + "}:w"))!)[1] == 1,
            "it listens again");
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            ordinary.Add(await AddOneAsync());
        }

        var p50 = Figures.Percentile(ordinary, 0.5);
        Figures.Print($"{Rounds} subscriptions killed: picked up after at most {Figures.Milliseconds(during.Max())} ms, by polls alone {Figures.Milliseconds(deaf.Max())} ms; afterwards p50 {Figures.Milliseconds(p50)} ms");

        // The longest poll is 5 s and a fifth more.
        machine.AssertWithin(TimeSpan.FromSeconds(6.5), during.Concat(deaf).Max(), "one was picked up");
        Assert.True(p50 <= TimeSpan.FromMilliseconds(20), $"p50 is {p50}");

        async Task<TimeSpan> AddOneAsync()
        {
            var count = latencies.Count;
            await producer.AddAsync(task.WithArgs(TimeProvider.System.GetTimestamp()), Token);
            await Probe.EventuallyAsync(() => Task.FromResult(latencies.Count > count), "it ran");
            return latencies.Last();
        }
    }

    /// <summary>When a connection was cut, and the reply that did not come through. Guarded by itself.</summary>
    private sealed class LostReply(long time)
    {
        private readonly List<byte> _bytes = [];

        public long Time => time;

        public void Add(ReadOnlySpan<byte> part)
        {
            lock (_bytes)
            {
                _bytes.AddRange(part);
            }
        }

        public bool Holds(Guid id)
        {
            lock (_bytes)
            {
                return CollectionsMarshal.AsSpan(_bytes).IndexOf(IdBytes.Of(id)) >= 0;
            }
        }
    }
}

using System.Diagnostics;
using TaskQ.Backend;
using TaskQ.Conformance.Harness;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Faults.Network;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>Adds that are refused, don't arrive, or whose replies don't.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class AddFaultTests(Standstill machine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Commands => ["rpush", "hset", "zadd", "set"];

    [Theory]
    [Trait("Fault", "R11")]
    [MemberData(nameof(Commands))]
    public async Task AddAsync_StoreRefusesInTheMiddle_LeavesNothingAndSucceedsLater(string command)
    {
        const int Messages = 100;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { AddRetries = 0 });
        var queue = Probe.Queue(factory);
        var ran = 0;
        var task = queue.RegisterTask("t", (int _) => { Interlocked.Increment(ref ran); });
        TaskMessage Message(int n) => (n % 4) switch
        {
            0 => task.WithArgs(n),
            1 => task.WithArgs(n).WithName($"name-{n}"),
            2 => task.WithArgs(n).Unique(),
            _ => task.WithArgs(n).WithName($"late-{n}").WithDelay(TimeSpan.FromMilliseconds(100)),
        };

        // Once the connection is open: the rights are taken from a queue that works.
        await queue.CountAsync(Token);
        await admin.ExecuteAsync("ACL", "SETUSER", "default", "-" + command);
        var refused = new List<(int Number, TaskMessage Message)>();
        for (var n = 0; n < Messages; n++)
        {
            var message = Message(n);
            try
            {
                await queue.AddAsync(message, Token);
            }
            catch (StackExchange.Redis.RedisServerException)
            {
                refused.Add((n, message));
            }
        }

        await admin.ExecuteAsync("ACL", "SETUSER", "default", "+@all");
        var residue = await KeyAudit.ReadAsync(admin, queue.Name);
        residue.AssertConsistent();
        Assert.Equal(Messages - refused.Count, residue.Messages);
        Assert.Equal(residue.NamesOfStored, residue.Names);
        foreach (var (n, message) in refused)
        {
            // The same once more, or another one of its name.
            var result = await queue.AddAsync(n % 8 < 4 ? message : Message(n), Token);
            Assert.False(result.IsDuplicate);
        }

        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "all ran");
        Figures.Print($"-{command}: {refused.Count} of {Messages} refused with an error; added again: {ran} ran, lost {Messages - ran}");
        Assert.True(refused.Count > 0, "nothing was refused");
        Assert.Equal(Messages, ran);
    }

    [Fact]
    [Trait("Fault", "R12")]
    public async Task AddAsync_ServerIsDown_EveryCallerGetsTheErrorInTime()
    {
        const int Messages = 100;
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(
            server.Configuration, new RedisOptions { AddRetries = 1, CallTimeout = TimeSpan.FromMilliseconds(500) });
        await using var never = new RedisQueueFactory(
            server.Configuration + ",connectTimeout=500,connectRetry=1", new RedisOptions { AddRetries = 0, CallTimeout = TimeSpan.FromMilliseconds(500) });
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });
        await queue.AddAsync(task.WithArgs(0), Token);
        var unconnected = Probe.Queue(never);
        var other = unconnected.RegisterTask("t", (int _) => { });

        await server.KillAsync();
        var (surfaced, slowest) = await CountErrorsAsync(queue, n => n % 2 == 0 ? task.WithArgs(n) : task.WithArgs(n).WithName($"n{n}"));
        var (surfacedUnconnected, slowestUnconnected) = await CountErrorsAsync(unconnected, n => other.WithArgs(n));

        Figures.Print($"{surfaced} of {Messages} surfaced, the slowest after {Figures.Milliseconds(slowest)} ms; never connected: "
            + $"{surfacedUnconnected} of {Messages}, {Figures.Milliseconds(slowestUnconnected)} ms");
        Assert.Equal(Messages, surfaced);
        Assert.Equal(Messages, surfacedUnconnected);

        // Two tries of half a second, a pause between them, and batches that wait for each other.
        machine.AssertWithin(TimeSpan.FromSeconds(5), slowest, "the slowest ended");
        machine.AssertWithin(TimeSpan.FromSeconds(5), slowestUnconnected, "the slowest without a connection ended");

        static async Task<(int Errors, TimeSpan Slowest)> CountErrorsAsync(TaskQueue queue, Func<int, TaskMessage> message)
        {
            var errors = 0;
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, Messages).Select(async n =>
            {
                await Assert.ThrowsAsync<RedisUnavailableException>(() => queue.AddAsync(message(n), Token));
                Interlocked.Increment(ref errors);
            }));
            return (errors, Stopwatch.GetElapsedTime(start));
        }
    }

    [Theory]
    [Trait("Fault", "R12")]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Add_CancelledWhileServerIsDown_EndsAtOnceAndIsAddedOnceLater(bool killed, bool inRange)
    {
        // Many retries and long calls: only the cancellation can end it.
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(
            server.Configuration, new RedisOptions { AddRetries = 100, CallTimeout = TimeSpan.FromSeconds(60) });
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });
        await queue.CountAsync(Token);
        await StopServerAsync();
        using var caller = new CancellationTokenSource();
        TaskMessage[] messages = inRange ? [task.WithArgs(1), task.WithArgs(2)] : [task.WithArgs(1)];
        var adding = AddAsync(caller.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System, Token);
        Assert.False(adding.IsCompleted, "it ended before it was cancelled");

        var start = TimeProvider.System.GetTimestamp();
        await caller.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => adding.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token));
        var took = TimeProvider.System.GetElapsedTime(start);

        await StartServerAsync();
        await AddAsync(Token);
        await Probe.EventuallyAsync(async () => (await queue.CountAsync(Token)).Ready >= messages.Length, "all are stored");
        var counts = await queue.CountAsync(Token);
        Figures.Print($"{(inRange ? "a range" : "one")}, server {(killed ? "killed" : "stopped")}: cancelled after {Figures.Milliseconds(took)} ms; "
            + $"added again: {counts.Ready} of {messages.Length} stored");
        Assert.Equal(caller.Token, error.CancellationToken);
        machine.AssertWithin(TimeSpan.FromMilliseconds(500), took, "it ended");
        Assert.Equal(new QueueCounts(messages.Length, 0, 0, 0), counts);

        Task AddAsync(CancellationToken token) => inRange ? queue.AddRangeAsync(messages, token) : queue.AddAsync(messages[0], token);

        Task StopServerAsync()
        {
            if (killed)
            {
                return server.KillAsync();
            }

            server.Pause();
            return Task.CompletedTask;
        }

        Task StartServerAsync()
        {
            if (killed)
            {
                return server.RestartAsync();
            }

            server.Continue();
            return Task.CompletedTask;
        }
    }

    [Fact]
    [Trait("Fault", "R13")]
    public async Task AddAsync_RepliesAreLost_StoresEachOnce()
    {
        const int Messages = 200, Cuts = 10;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var proxy = new FaultProxy(server.Port);
        await using var factory = new RedisQueueFactory(proxy.Configuration, new RedisOptions { AddRetries = 10 });
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", (int _) => { });
        await queue.AddAsync(task.WithArgs(-1), Token);
        var calls = 0;
        var cuts = 0;
        proxy.LosesReply = data => (IsCallOf(data.Span, QueueScripts.Add) || IsCallOf(data.Span, QueueScripts.AddPlain)) && ++calls % 15 == 0 && cuts++ < Cuts;

        var ids = new HashSet<Guid>();
        for (var n = 0; n < Messages; n++)
        {
            var message = (n % 3) switch
            {
                0 => task.WithArgs(n),
                1 => task.WithArgs(n).WithName($"n{n}"),
                _ => task.WithArgs(n).WithDelay(TimeSpan.FromHours(1)),
            };
            var result = await queue.AddAsync(message, Token);
            Assert.False(result.IsDuplicate);
            ids.Add(result.Id);
        }

        proxy.LosesReply = null;
        var audit = await KeyAudit.ReadAsync(admin, queue.Name);
        audit.AssertConsistent();
        Figures.Print($"{Messages} adds, {Math.Min(cuts, Cuts)} replies lost: {audit.Messages - 1} stored, {audit.Messages - 1 - Messages} too many");
        Assert.Equal(Cuts, Math.Min(cuts, Cuts));
        Assert.Equal(Messages, ids.Count);
        Assert.Equal(Messages + 1, audit.Messages);
    }

    [Fact]
    [Trait("Fault", "R35")]
    public async Task Unique_AddedByManyAtOnce_IsStoredOnceUntilItEnds()
    {
        const int Producers = 64, Rounds = 1000;
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var factories = Enumerable.Range(0, 4).Select(_ => new RedisQueueFactory(server.Configuration)).ToArray();
        var first = Probe.Queue(factories[0]);
        TaskQueue[] queues = [first, .. factories[1..].Select(f => Probe.Queue(f, o => o.Name = first.Name))];
        var tasks = queues.Select(q => q.RegisterTask<string>("t")).ToArray();
        var extra = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, Producers).Select(
                p => queues[p % 4].AddAsync(tasks[p % 4].WithArgs("same").Unique(), Token)));
            var added = results.Where(r => !r.IsDuplicate).ToArray();
            extra += added.Length - 1;
            var id = Assert.Single(results.Select(r => r.Id).Distinct());
            await EndAsync(first, id, round % 3);
            Assert.Equal(0, (await KeyAudit.ReadAsync(admin, first.Name)).Names);
        }

        var audit = await KeyAudit.ReadAsync(admin, first.Name);
        audit.AssertConsistent();
        foreach (var factory in factories)
        {
            await factory.DisposeAsync();
        }

        Figures.Print($"{Producers} producers, {Rounds} rounds: {extra} added too many, {audit.Names} names left, dead {audit.Dead}");
        Assert.Equal(0, extra);
        Assert.Equal(Rounds / 3, audit.Dead);
    }

    /// <summary>Completes the only message, lets it die, or cancels it.</summary>
    private static async Task EndAsync(TaskQueue queue, Guid id, int how)
    {
        if (how == 2)
        {
            Assert.True(await queue.CancelAsync(id, Token));
            return;
        }

        var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(30));
        var fetched = await queue.Backend.ExchangeAsync([], new FetchRequest(lease, 10, TimeSpan.Zero), Token);
        var delivery = Assert.Single(fetched.Deliveries);
        Assert.Equal(id, delivery.Id);
        var settlement = new Settlement(
            delivery, how == 0 ? SettlementKind.Complete : SettlementKind.Dead, Death: new Death("why", null, null, 1));
        Assert.Empty((await queue.Backend.ExchangeAsync([settlement], null, Token)).Lost);
    }

    /// <summary>Whether what a client sends contains a call of a script by its hash.</summary>
    internal static bool IsCallOf(ReadOnlySpan<byte> data, QueueScript script) =>
        data.IndexOf(System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(script.Hash))) >= 0;
}

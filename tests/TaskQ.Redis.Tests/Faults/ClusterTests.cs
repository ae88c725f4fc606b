using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Coordinate;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>A server in cluster mode refuses a call whose keys lie in several slots.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R27")]
    public async Task EveryPath_OnACluster_StaysInOneSlot()
    {
        await using var server = await RedisServer.StartClusterAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => (options.RateLimit, options.WorkerLimit) = (RateLimit.PerSecond(1000), 10));
        var failed = false;
        var ran = 0;
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryLimit = 2,
            RetryDelay = static _ => TimeSpan.FromMilliseconds(1),
            Handler = (int n) =>
            {
                if (n < 0 || (n == 5 && !failed))
                {
                    failed = true;
                    throw new InvalidOperationException("boom");
                }

                Interlocked.Increment(ref ran);
            },
        });

        await queue.AddRangeAsync(Enumerable.Range(0, 20).Select(n => task.WithArgs(n)), Token);
        await queue.AddAsync(task.WithArgs(1).Unique(), Token);
        await queue.AddAsync(task.WithArgs(2).WithName("n"), Token);
        await queue.AddAsync(task.WithArgs(3).WithName("n", DedupeMode.ReplacePending), Token);
        await queue.AddAsync(task.WithArgs(-1), Token);
        var late = await queue.AddAsync(task.WithArgs(4).WithDelay(TimeSpan.FromHours(1)), Token);
        Assert.True(await queue.RescheduleAsync(late.Id, TimeProvider.System.GetUtcNow().AddHours(2), Token));
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(
            async () => await queue.CountAsync(Token) is { Ready: 0, InFlight: 0, Delayed: 1, Dead: 1 }, "all but the late one are done");

        Assert.Equal(2, (await queue.ListAsync(new MessageFilter(), 10, Token)).Count);
        Assert.Equal(MessageState.Delayed, (await queue.GetAsync(late.Id, Token))!.State);
        await AssertTaggedAsync(admin, queue.Name);
        Assert.Equal(1, await queue.RequeueDeadAsync(1, Token));
        Assert.True(await queue.CancelAsync(late.Id, Token));
        await queue.PauseAsync(Token);
        await queue.PurgeAsync(Token);
        await queue.PurgeDeadAsync(Token);
        await Probe.EventuallyAsync(async () => (await queue.CountAsync(Token)).InFlight == 0, "nothing is in flight");

        var lost = Probe.Queue(factory);
        await LoseLeasesAsync(lost);
        await AssertTaggedAsync(admin, queue.Name, lost.Name);
        await using (var companion = factory.CreateCoordinator(new QueueOptions { Name = "other", RateLimit = RateLimit.PerSecond(1000), WorkerLimit = 10 }))
        {
            await CoordinateAsync(companion);
        }

        await AssertTaggedAsync(admin, queue.Name, lost.Name, "other");
        var (scripts, errors) = await AssertNoCrossSlotAsync(admin);
        Figures.Print($"{scripts} scripts on a cluster: 0 CROSSSLOT; lost {22 - ran} of 22; the server's errors: {errors}");
        Assert.Equal(22, ran);
    }

    [Theory]
    [Trait("Fault", "R27")]
    [InlineData("{}")]
    [InlineData("a{b}c")]
    [InlineData("a}b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a b")]
    [InlineData("")]
    public void RegisterQueue_NameThatWouldMoveItsKeys_IsRefused(string name)
    {
        var factory = new RedisQueueFactory("localhost:1");

        var error = Assert.ThrowsAny<ArgumentException>(() => factory.RegisterQueue(new QueueOptions { Name = name }));

        Figures.Print($"refused, {factory.Queues.Count} queues: {error.Message.ReplaceLineEndings(" ")}");
        Assert.Contains("Name", error.Message, StringComparison.Ordinal);
        Assert.Empty(factory.Queues);
    }

    /// <summary>A lease that is beaten, one that runs out until its message is a suspect, and its end.</summary>
    private static async Task LoseLeasesAsync(TaskQueue queue)
    {
        var id = (await queue.AddAsync(queue.RegisterTask<int>("t").WithArgs(1).Unique(), Token)).Id;
        for (var crashes = 0; crashes < 3; crashes++)
        {
            var lease = new Lease(Guid.CreateVersion7(), crashes < 2 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromMinutes(1));
            await Probe.EventuallyAsync(
                async () => (lease.Deliveries = (await queue.Backend.ExchangeAsync(
                    [], new FetchRequest(lease, 10, TimeSpan.Zero, Suspect: crashes == 2), Token)).Deliveries).Count == 1,
                "it is fetched");
            Assert.Equal((id, crashes), (lease.Deliveries[0].Id, lease.Deliveries[0].Crashes));
            await queue.Backend.BeatAsync([lease], Token);
            Assert.NotNull(await queue.GetAsync(id, Token));
            if (crashes == 2)
            {
                Assert.Equal(MessageState.InFlight, Assert.Single(await queue.ListAsync(new MessageFilter(), 10, Token)).State);
                await Store.SettleAsync(queue, SettlementKind.Dead, lease);
            }
        }

        Assert.Equal(id, (await queue.PeekDeadAsync(id, Token))!.Message.Id);
        Assert.True(await queue.RequeueDeadAsync(id, Token));
        await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 1));
        Assert.True(await queue.DeleteDeadAsync(id, Token));
    }

    /// <summary>Every call of a companion.</summary>
    private static async Task CoordinateAsync(IQueueCoordinator companion)
    {
        var day = TimeSpan.FromDays(1);
        NameClaim[] claims =
        [
            .. Enumerable.Range(0, 4).Select(n => new NameClaim(Guid.CreateVersion7(), new MessageName((UInt128)n, day, n % 2 == 1, DedupeMode.KeepFirst))),
        ];
        await companion.TakeNamesAsync(claims, day, Token);
        await companion.SettleNamesAsync(claims[..3], true, Token);
        await companion.SettleNamesAsync(claims[3..], false, Token);
        var other = new NameClaim(Guid.CreateVersion7(), claims[0].Name);
        Assert.Equal(Replacing.Open, await companion.BeginReplaceAsync(claims[0].Id, other, day, day, Token));
        Assert.Equal(Replacing.Done, await companion.EndReplaceAsync(claims[0].Id, other, true, day, Token));
        Guid[] ids = [other.Id, claims[1].Id, claims[2].Id];
        Assert.Equal(ids[1..], (await companion.FindStoreIdsAsync([claims[0].Id, .. ids[1..]], Token))[1..]);
        var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(30));
        Assert.Equal(3, (await companion.StartAsync(lease, ids, Token)).Granted);
        Assert.True(await companion.CancelAsync(ids[1], Token));
        Assert.Equal([ids[1]], await companion.BeatAsync([lease], Token));
        Assert.True(await companion.AddDeadAsync(lease.Id, new DeadMessage(ids[2], new MessageBody([1]), new Death("why", null, null, 1), default), Token));
        await companion.EndAsync([.. claims.Select(claim => new EndedMessage(lease.Id, claim.Id, true, null))], Token);
        Assert.Equal(1, await companion.CountDeadAsync(Token));
        Assert.Single(await companion.PeekDeadAsync(10, Token));
        Assert.NotNull(await companion.GetDeadAsync(ids[2], Token));
        Assert.True(await companion.DeleteDeadAsync(ids[2], null, Token));
        await companion.SetPausedAsync(true, Token);
        Assert.True((await companion.StartAsync(lease, [], Token)).Paused);
        await companion.PurgeDeadAsync(Token);
        await companion.PurgeAsync(Token);
    }

    /// <summary>A single node that has all slots lets a script touch keys of several, so the keys themselves are looked at.</summary>
    private static async Task AssertTaggedAsync(IDatabase admin, params string[] queues)
    {
        var keys = (string[])(await admin.ExecuteAsync("KEYS", "*"))!;
        Assert.NotEmpty(keys);
        Assert.All(keys, key => Assert.Contains(queues, queue => key.StartsWith($"tq:{{{queue}}}:", StringComparison.Ordinal)));
    }

    /// <summary>Each script has run, and no call of any was refused for its keys.</summary>
    private static async Task<(int Scripts, string Errors)> AssertNoCrossSlotAsync(IDatabase admin)
    {
        QueueScript[] scripts =
        [
            QueueScripts.AddPlain, QueueScripts.Add, QueueScripts.Exchange, QueueScripts.Beat, QueueScripts.Count, QueueScripts.Get,
            QueueScripts.Operate, QueueScripts.Dead, CoordinatorScripts.Names, CoordinatorScripts.Start, CoordinatorScripts.Replace,
            CoordinatorScripts.Places, CoordinatorScripts.End, CoordinatorScripts.Beat, CoordinatorScripts.Operate, CoordinatorScripts.Bury,
        ];
        var ran = (int[])(await admin.ExecuteAsync("SCRIPT", ["EXISTS", .. scripts.Select(script => Convert.ToHexStringLower(script.Hash))]))!;
        Assert.All(ran, exists => Assert.Equal(1, exists));
        var errors = await ErrorsAsync();
        Assert.DoesNotContain("CROSSSLOT", errors, StringComparison.OrdinalIgnoreCase);

        // It would have been told: this one is refused.
        await Assert.ThrowsAsync<RedisServerException>(() => admin.ExecuteAsync("MGET", "a", "b"));
        Assert.Contains("CROSSSLOT", await ErrorsAsync(), StringComparison.OrdinalIgnoreCase);
        return (scripts.Length, string.Join(", ", errors.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..]));

        async Task<string> ErrorsAsync() => (string)(await admin.ExecuteAsync("INFO", "errorstats"))!;
    }
}

using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>A server in cluster mode refuses a call whose keys lie in several slots.</summary>
public sealed class ClusterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryPath_OnACluster_StaysInOneSlot()
    {
        await using var server = await RedisServer.StartAsync("--cluster-enabled", "yes");
        var admin = await Probe.AdminAsync(server);
        await admin.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Probe.EventuallyAsync(
            async () => ((string)(await admin.ExecuteAsync("CLUSTER", "INFO"))!).Contains("cluster_state:ok", StringComparison.Ordinal),
            "the cluster is complete");
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => (options.RateLimit, options.WorkerLimit) = (RateLimit.PerSecond(1000), 10));
        var failed = false;
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
        Assert.Equal(1, await queue.RequeueDeadAsync(1, Token));
        Assert.True(await queue.CancelAsync(late.Id, Token));
        await queue.PauseAsync(Token);
        await queue.PurgeAsync(Token);
        await queue.PurgeDeadAsync(Token);
        await Probe.EventuallyAsync(async () => (await queue.CountAsync(Token)).InFlight == 0, "nothing is in flight");
    }
}

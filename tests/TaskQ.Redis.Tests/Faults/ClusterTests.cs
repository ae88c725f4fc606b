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

        Assert.Contains("Name", error.Message, StringComparison.Ordinal);
        Assert.Empty(factory.Queues);
    }
}

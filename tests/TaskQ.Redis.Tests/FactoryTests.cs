using StackExchange.Redis;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

public sealed class FactoryTests(RedisServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("connectTimeout=100")]
    public void Constructor_ConfigurationWithoutServer_Throws(string configuration) =>
        Assert.ThrowsAny<ArgumentException>(() => new RedisQueueFactory(configuration));

    [Fact]
    public void Constructor_OptionsOutOfRange_NamesAllOfThem()
    {
        var options = new RedisOptions { KeyPrefix = "a{b", CallTimeout = TimeSpan.Zero, AddRetries = -1, MaxDeadLetters = 0 };

        var error = Assert.Throws<ArgumentException>(() => new RedisQueueFactory(server.Configuration, options));

        Assert.All(
            ["KeyPrefix", "CallTimeout", "AddRetries", "MaxDeadLetters"],
            name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DisposeAsync_ConnectionWasGiven_LeavesItOpen()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await using (var factory = new RedisQueueFactory(connection))
        {
            var queue = Probe.Queue(factory);
            await queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token);
            await queue.StartAsync(Token);
        }

        Assert.True(await connection.GetDatabase().PingAsync() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Constructor_ConfigurationWithAChannelPrefix_HearsTheWakeUps()
    {
        // The scripts publish on the bare channel.
        await using var factory = new RedisQueueFactory(server.Configuration + ",channelPrefix=app:");
        var queue = Probe.Queue(factory);
        var admin = await Probe.AdminAsync(server);

        await queue.StartAsync(Token);

        await Probe.EventuallyAsync(
            async () => (int)((RedisResult[])(await admin.ExecuteAsync("PUBSUB", "NUMSUB", "tq:{" + queue.Name + "}:w"))!)[1] == 1,
            "it listens");
    }

    [Fact]
    public async Task Constructor_ConnectionWithAChannelPrefix_Throws()
    {
        using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration + ",channelPrefix=app:");

        var error = Assert.Throws<ArgumentException>(() => new RedisQueueFactory(connection));

        Assert.Contains("channelPrefix 'app:'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DisposeAsync_NeverUsed_Ends()
    {
        var factory = new RedisQueueFactory(server.Configuration);
        _ = Probe.Queue(factory);

        await factory.DisposeAsync();
    }

    [Fact]
    public async Task KeyPrefix_Another_IsAnotherStore()
    {
        await using var one = new RedisQueueFactory(server.Configuration);
        await using var two = new RedisQueueFactory(server.Configuration, new RedisOptions { KeyPrefix = "other" });
        var queue = Probe.Queue(one);
        var same = Probe.Queue(two, options => options.Name = queue.Name);

        await queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token);

        Assert.Equal(1, (await queue.CountAsync(Token)).Ready);
        Assert.Equal(0, (await same.CountAsync(Token)).Ready);
    }

    [Theory]
    [InlineData("redis_version:6.0.16\r\n", "6.0.16")]
    [InlineData("redis_version:7.0.15\r\nmaxmemory:0\r\nmaxmemory_policy:volatile-ttl\r\n", "volatile-ttl")]
    [InlineData("redis_version:7.0.15\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru\r\n", "allkeys-lru")]
    public void Check_ServerThatCannotKeepQueues_Throws(string info, string named)
    {
        var error = Assert.Throws<NotSupportedException>(() => ServerCheck.Check(info));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis_version:6.2.0\r\n")]
    [InlineData("redis_version:8.2.1\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n")]
    [InlineData("")]
    public void Check_ServerThatCan_Passes(string info) => ServerCheck.Check(info);
}

using Microsoft.Extensions.Logging;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Tests.Faults.Network;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Connect;

public sealed class StartCheckTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-ttl")]
    public async Task Start_EvictingPolicy_IsRefusedUntilItIsChanged(string policy)
    {
        // R20. The limit of memory does not matter: it can be set at any time.
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", policy);
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token));

        Assert.Contains(policy, error.Message, StringComparison.Ordinal);
        Assert.Contains("noeviction", error.Message, StringComparison.Ordinal);
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        Assert.Equal(default, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task Start_OlderServer_IsRefused()
    {
        // A server of today that says it is of an earlier version.
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new FaultProxy(server.Port) { ChangesReply = SayVersion5 };
        await using var factory = new RedisQueueFactory(proxy.Configuration);
        var queue = Probe.Queue(factory);

        var added = await Assert.ThrowsAsync<NotSupportedException>(() => queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token));
        var started = await Assert.ThrowsAsync<NotSupportedException>(() => queue.StartAsync(Token));

        Assert.Matches(@"^The Redis server is of version 5\.[0-9.]+; TaskQ needs 6\.2 or newer\.$", started.Message);
        Assert.Equal(started.Message, added.Message);
        Assert.False(queue.Consumer.Stats.Running);

        static void SayVersion5(Memory<byte> reply)
        {
            if (reply.Span.IndexOf("redis_version:"u8) is >= 0 and var at)
            {
                reply.Span[at + "redis_version:".Length] = (byte)'5';
            }
        }
    }

    [Theory]
    [InlineData("yes", 0)]
    [InlineData("no", 1)]
    public async Task Start_WithOrWithoutPersistence_WarnsWithout(string appendOnly, int warnings)
    {
        await using var server = await RedisServer.StartAsync("--appendonly", appendOnly);
        var log = new LogRecorder();
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => options.Services = log);
        var other = Probe.Queue(factory, options => options.Services = log);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => queue.CountAsync(Token)));
        await other.CountAsync(Token);

        Assert.Equal(warnings, log.Lines.Count(line => line.Text.Contains("appendonly yes", StringComparison.Ordinal)));
        Assert.All(log.Lines, line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    [Fact]
    public async Task Start_Several_LeaveNoKeysBehind()
    {
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Probe.Queue(factory).CountAsync(Token)));

        Assert.Equal(0, (long)await (await Probe.AdminAsync(server)).ExecuteAsync("DBSIZE"));
    }

    [Theory]
    [InlineData(0.9, false)]
    [InlineData(-0.9, false)]
    [InlineData(1.1, true)]
    [InlineData(-3600, true)]
    public void ClockOffset_BeyondASecond_IsReported(double seconds, bool expected)
    {
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        Assert.Equal(expected, StartCheck.IsOff(now.AddSeconds(seconds), now, out var offset));

        Assert.Equal(TimeSpan.FromSeconds(-seconds), offset);
    }

    [Fact]
    public async Task Server_ComesUpLater_IsFound()
    {
        await using var server = await RedisServer.StartAsync();
        await using var factory = new RedisQueueFactory(server.Configuration + ",connectTimeout=500", new RedisOptions { CallTimeout = TimeSpan.FromSeconds(1) });
        var queue = Probe.Queue(factory);
        await server.KillAsync();
        for (var n = 0; n < 3; n++)
        {
            await Assert.ThrowsAsync<RedisUnavailableException>(() => queue.CountAsync(Token));
        }

        await server.RestartAsync();

        await Probe.EventuallyAsync(
            async () =>
            {
                try
                {
                    await queue.CountAsync(Token);
                    return true;
                }
                catch (RedisUnavailableException)
                {
                    return false;
                }
            },
            "the server is found");
    }

    [Fact]
    public async Task Password_WhateverFails_IsNeverShown()
    {
        // X9.
        const string canary = "canary-8f1c";
        await using var server = await RedisServer.StartAsync();
        await (await Probe.AdminAsync(server)).ExecuteAsync("CONFIG", "SET", "requirepass", "another");
        var log = new LogRecorder();
        var shown = new List<string>();
        foreach (var configuration in new[] { server.Configuration, "127.0.0.1:1", "no-such-host.invalid:6379" })
        {
            await using var factory = new RedisQueueFactory(
                $"{configuration},password={canary},connectTimeout=300", new RedisOptions { AddRetries = 1, CallTimeout = TimeSpan.FromMilliseconds(500) });
            var queue = Probe.Queue(factory, options => options.Services = log);
            await queue.StartAsync(Token);
            shown.Add((await Record.ExceptionAsync(() => queue.AddAsync(queue.RegisterTask("t", () => { }).WithArgs(), Token)))!.ToString());
            shown.Add((await Record.ExceptionAsync(() => queue.CountAsync(Token)))!.ToString());
            await queue.StopAsync(TimeSpan.Zero);
        }

        shown.Add(Record.Exception(() => new RedisQueueFactory($"localhost,password={canary},noSuchOption=1"))!.ToString());
        shown.Add(Record.Exception(() => new RedisQueueFactory($"password={canary}"))!.ToString());
        shown.Add(Record.Exception(() => new RedisQueueFactory($"localhost,password={canary}", new RedisOptions { AddRetries = -1 }))!.ToString());
        shown.AddRange(log.Lines.Select(static line => line.Text));
        Assert.True(shown.Count > 9, $"only {shown.Count} texts");
        Assert.All(shown, text => Assert.DoesNotContain(canary, text, StringComparison.Ordinal));
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>A server whose memory is full, or that would drop what it keeps.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class MemoryFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "R19")]
    public async Task Memory_IsFull_AddsFailAndWorkGoesOn()
    {
        const int Messages = 300;
        var lease = TimeSpan.FromSeconds(1);
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { AddRetries = 0 });
        var queue = Probe.Queue(factory, o =>
        {
            (o.LeaseDuration, o.MinWorkers, o.MaxWorkers) = (lease, 8, 8);
            o.RateLimit = new RateLimit(1000, TimeSpan.FromSeconds(1), 1000);
        });
        var runs = new ConcurrentBag<int>();
        var failed = 0;
        var task = queue.RegisterTask(new TaskOptions
        {
            Name = "t",
            RetryDelay = static _ => TimeSpan.FromMilliseconds(10),
            Handler = async (int n) =>
            {
                // One longer than its lease, which needs heartbeats, and one that fails once.
                await Task.Delay(TimeSpan.FromMilliseconds(n == 0 ? 2500 : 2), TimeProvider.System);
                if (n == 1 && Interlocked.Exchange(ref failed, 1) == 0)
                {
                    throw new InvalidOperationException("once");
                }

                runs.Add(n);
            },
        });
        await queue.AddRangeAsync(Enumerable.Range(0, Messages).Select(n => task.WithArgs(n)), Token);
        await queue.AddAsync(task.WithArgs(Messages).WithDelay(TimeSpan.FromSeconds(1)), Token);

        // Of a process that died: with its lease something must be written that takes memory.
        var dead = new Lease(Guid.CreateVersion7(), lease);
        var taken = await queue.Backend.ExchangeAsync([], new FetchRequest(dead, 20, TimeSpan.Zero), Token);
        Assert.Equal(20, taken.Deliveries.Count);
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "500kb");
        var added = 0;
        for (var n = 0; n < 20; n++)
        {
            var error = await Record.ExceptionAsync(() => queue.AddAsync(n % 2 == 0 ? task.WithArgs(1000 + n) : task.WithArgs(1000 + n).WithName($"n{n}"), Token));
            added += error is RedisServerException && error.Message.Contains("OOM", StringComparison.Ordinal) ? 0 : 1;
        }

        var full = TimeProvider.System.GetTimestamp();
        await Probe.EventuallyAsync(() => Task.FromResult(TimeProvider.System.GetElapsedTime(full) > lease), "the lease has run out");
        await queue.StartAsync(Token);
        await Probe.EventuallyAsync(async () => await queue.CountAsync(Token) is { Ready: 0, Delayed: 0, InFlight: 0 }, "the queue is drained");

        Assert.True(await UsedAsync(admin) > 500 * 1024, "the memory was not full to the end");
        await admin.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        var audit = await KeyAudit.ReadAsync(admin, queue.Name);
        audit.AssertConsistent();
        var lost = Enumerable.Range(0, Messages + 1).Except(runs).Count();
        Figures.Print($"{Messages + 1} messages while the memory was full: lost {lost}, duplicates {runs.Count - runs.Distinct().Count()}, "
            + $"drained {Figures.Milliseconds(TimeProvider.System.GetElapsedTime(full) - lease)} ms after the start; {added} of 20 adds got through");
        Assert.Equal(0, added);
        Assert.Equal(0, lost);
        Assert.Equal(Messages + 1, runs.Count);
        Assert.Equal(0, audit.Names);
        Assert.False((await queue.AddAsync(task.WithArgs(1001).WithName("n1"), Token)).IsDuplicate);
    }

    [Theory]
    [Trait("Fault", "R20")]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-ttl")]
    public async Task Policy_Evicts_IsRefusedWithAReason(string policy)
    {
        await using var server = await RedisServer.StartAsync("--maxmemory", "100mb", "--maxmemory-policy", policy);
        await using var factory = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory);
        var task = queue.RegisterTask("t", () => { });

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => queue.AddAsync(task.WithArgs(), Token));

        using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var keys = (int)(await connection.GetDatabase().ExecuteAsync("DBSIZE"));
        Figures.Print($"{policy}: 1 of 1 adds refused, {keys} keys left; {error.Message}");
        Assert.Contains(policy, error.Message, StringComparison.Ordinal);
        Assert.Contains("noeviction", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, keys);
    }

    private static async Task<long> UsedAsync(IDatabase admin)
    {
        var info = (string)(await admin.ExecuteAsync("INFO", "memory"))!;
        return long.Parse(info.Split("used_memory:")[1].Split('\r')[0], CultureInfo.InvariantCulture);
    }
}

using System.Globalization;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>What a message costs when many processes wait for it.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class HerdTests
{
    private const int Processes = 8;
    private const int Messages = 100;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddAsync_ManyProcessesWait_EachLooksOnceAtMost()
    {
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var name = "q-" + Guid.NewGuid().ToString("N");
        var factories = Enumerable.Range(0, Processes).Select(_ => new RedisQueueFactory(server.Configuration)).ToList();
        await using var producers = new RedisQueueFactory(server.Configuration);
        var producer = Probe.Queue(producers, options => options.Name = name);
        var task = producer.RegisterTask<long>("t");
        var latencies = new List<TimeSpan>();
        using var ran = new SemaphoreSlim(0);
        foreach (var factory in factories)
        {
            var queue = Probe.Queue(factory, options => options.Name = name);
            queue.RegisterTask("t", (long start) =>
            {
                lock (latencies)
                {
                    latencies.Add(TimeProvider.System.GetElapsedTime(start));
                }

                ran.Release();
            });
            await queue.StartAsync(Token);
        }

        for (var n = 0; n < 20; n++)
        {
            await RunOneAsync();
        }

        latencies.Clear();
        var before = await Probe.ScriptCallsAsync(admin);
        for (var n = 0; n < Messages; n++)
        {
            await RunOneAsync();
        }

        var calls = await Probe.ScriptCallsAsync(admin) - before;
        latencies.Sort();
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(double)calls / Messages:0.0} calls per message, p50 {latencies[Messages / 2].TotalMilliseconds:0.00} ms, p99 {latencies[Messages * 99 / 100].TotalMilliseconds:0.00} ms"));

        // The add, what the winner does to settle and to ask again, a look of each of the others, and polls.
        Assert.InRange(calls, Messages, Messages * (Processes + 5));
        foreach (var factory in factories)
        {
            await factory.DisposeAsync();
        }

        async Task RunOneAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            await producer.AddAsync(task.WithArgs(TimeProvider.System.GetTimestamp()), Token);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>What the tests of this backend share.</summary>
internal static class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A queue of a name of its own by the server's clock.</summary>
    public static TaskQueue Queue(QueueFactory factory, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { Name = "q-" + Guid.NewGuid().ToString("N"), MinWorkers = 2, MaxWorkers = 2 };
        configure?.Invoke(options);
        return factory.RegisterQueue(options);
    }

    /// <summary>A connection that may give orders to the server.</summary>
    public static async Task<IDatabase> AdminAsync(RedisServer server)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration + ",allowAdmin=true");
        return connection.GetDatabase();
    }

    /// <summary>Waits for a condition; a sync one by <see cref="Task.FromResult"/>.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < (patience ?? Patience), $"Not so in {patience ?? Patience}: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>How many script calls the server has carried out.</summary>
    public static async Task<long> ScriptCallsAsync(IDatabase admin)
    {
        var stats = (string)(await admin.ExecuteAsync("INFO", "commandstats"))!;
        return stats.Split("\r\n")
            .Where(line => line.StartsWith("cmdstat_evalsha:", StringComparison.Ordinal) || line.StartsWith("cmdstat_eval:", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split("calls=")[1].Split(',')[0], CultureInfo.InvariantCulture));
    }
}

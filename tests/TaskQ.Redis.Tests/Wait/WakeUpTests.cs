using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Redis.Store;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Wait;

/// <summary>Wake-ups that don't come.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class WakeUpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Polls_FindWhatNoWakeUpToldOf_TheConnectionIsReplaced()
    {
        // A half-open connection: nothing is heard on it, and no error comes. Here nothing is said.
        await using var server = await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var log = new LogRecorder();
        await using var factory = new RedisQueueFactory(server.Configuration);
        await using var producers = new RedisQueueFactory(server.Configuration);
        var queue = Probe.Queue(factory, options => options.Services = log);
        var producer = Probe.Queue(producers, options => options.Name = queue.Name);
        using var ran = new SemaphoreSlim(0);
        queue.RegisterTask("t", () => { ran.Release(); });
        var task = producer.RegisterTask("t", () => { });
        await queue.StartAsync(Token);
        await producer.AddAsync(task.WithArgs(), Token);
        Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));

        for (var n = 0; n < 3; n++)
        {
            // Until its fetch waits again.
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Token);
            Assert.DoesNotContain(log.Lines, IsReplacement);
            await AddSilentlyAsync(admin, producer, task);
            Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));
        }

        await Probe.EventuallyAsync(() => Task.FromResult(log.Lines.Any(IsReplacement)), "the connection is replaced");
        await producer.AddAsync(task.WithArgs(), Token);
        Assert.True(await ran.WaitAsync(TimeSpan.FromSeconds(20), Token));

        static bool IsReplacement((LogLevel Level, string Text) line) =>
            line.Text.Contains("another one takes its place", StringComparison.Ordinal);
    }

    /// <summary>Adds a message of which nobody is told.</summary>
    private static async Task AddSilentlyAsync(IDatabase admin, TaskQueue queue, TaskDefinition task)
    {
        var message = task.WithArgs();
        var added = new NewMessage(
            message.Id, new MessageBody(queue.Codec.Encode(message)), "t", TimeProvider.System.GetUtcNow(), TimeSpan.Zero, null, null);
        await admin.ScriptEvaluateAsync(
            "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) redis.call('RPUSH', KEYS[2], ARGV[1])",
            ["tq:{" + queue.Name + "}:j", "tq:{" + queue.Name + "}:r"],
            [IdBytes.Of(message.Id), MessageRecord.Write(added)]);
    }
}

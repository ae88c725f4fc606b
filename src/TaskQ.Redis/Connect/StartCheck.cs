using System.Globalization;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Telemetry;

namespace TaskQ.Redis.Connect;

/// <summary>
/// What is looked at when a connection opens. 1. The server, by INFO. 2. The rights of its user, by harmless trials, because
/// a user with few rights may not ask for them. 3. Its clock.
/// </summary>
internal sealed class StartCheck(RedisLink link, string prefix)
{
    /// <summary>Beyond it, schedules start noticeably early or late.</summary>
    private static readonly TimeSpan LargestOffset = TimeSpan.FromSeconds(1);

    private static readonly QueueScript Info = QueueScript.Load("info");

    private static readonly QueueScript Access = QueueScript.Load("access");

    // No queue has this name.
    private readonly string _root = prefix + ":{~}:";

    /// <exception cref="NotSupportedException">The server can't keep queues.</exception>
    /// <exception cref="UnauthorizedAccessException">Its user lacks rights.</exception>
    public async Task RunAsync(IConnectionMultiplexer connection, ILogger logger)
    {
        IDatabase database = connection.GetDatabase();
        string info = await InfoAsync(database, logger).ConfigureAwait(false);
        ServerCheck.Check(info);
        if (ServerCheck.IsVolatile(info))
        {
            Log.NotPersistent(logger);
        }

        RedisResult[] reply = await TryScriptAsync(database).ConfigureAwait(false);
        if (reply.Length > 2)
        {
            throw Refused(string.Join(", ", reply.Skip(2).Select(static name => (string?)name)));
        }

        CompareClocks(reply, logger);
        await TrySubscribeAsync(connection.GetSubscriber()).ConfigureAwait(false);
    }

    private static bool IsRefused(RedisServerException error) => error.Message.StartsWith("NOPERM", StringComparison.Ordinal);

    private static void CompareClocks(RedisResult[] time, ILogger logger)
    {
        DateTimeOffset there = DateTimeOffset.FromUnixTimeSeconds(long.Parse((string)time[0]!, CultureInfo.InvariantCulture))
            .AddMicroseconds(long.Parse((string)time[1]!, CultureInfo.InvariantCulture));
        if (IsOff(there, TimeProvider.System.GetUtcNow(), out TimeSpan offset))
        {
            Log.ClockOffset(logger, offset);
        }
    }

    /// <summary>Whether the clocks differ too much; by how much this one is ahead.</summary>
    public static bool IsOff(DateTimeOffset there, DateTimeOffset here, out TimeSpan offset)
    {
        offset = here - there;
        return offset.Duration() > LargestOffset;
    }

    /// <summary>Without the right to see it, nothing is known; that keeps nobody from working.</summary>
    private async Task<string> InfoAsync(IDatabase database, ILogger logger)
    {
        RedisResult? info = await TryAsync("eval", () => EvalAsync(database, Info, [])).ConfigureAwait(false);
        if ((string?)info is { } text)
        {
            return text;
        }

        Log.InfoRefused(logger);
        return "";
    }

    private async Task<RedisResult[]> TryScriptAsync(IDatabase database)
    {
        RedisKey[] keys = [_root + "j", _root + "r", _root + "b", _root + "d", _root + "m", _root + "w"];
        await TryAsync("evalsha", async () =>
        {
            try
            {
                return await link.BoundAsync(database.ScriptEvaluateAsync(Access.Hash, keys, []), CancellationToken.None)
                    .ConfigureAwait(false);
            }
            catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                return null;
            }
        }).ConfigureAwait(false);
        RedisResult? reply = await TryAsync("eval", () => EvalAsync(database, Access, keys)).ConfigureAwait(false);
        return (RedisResult[])reply!;
    }

    private async Task<RedisResult?> EvalAsync(IDatabase database, QueueScript script, RedisKey[] keys) =>
        await link.BoundAsync(database.ExecuteAsync("EVAL", script.EvalArguments(keys, [])), CancellationToken.None)
            .ConfigureAwait(false);

    private async Task TrySubscribeAsync(ISubscriber subscriber)
    {
        var channel = new RedisChannel(_root + "w", RedisChannel.PatternMode.Literal);
        Action<RedisChannel, RedisValue> ignore = static (_, _) => { };
        await TryAsync("subscribe", async () =>
        {
            await link.BoundAsync(subscriber.SubscribeAsync(channel, ignore), CancellationToken.None).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
        await TryAsync("unsubscribe", async () =>
        {
            await link.BoundAsync(subscriber.UnsubscribeAsync(channel, ignore), CancellationToken.None).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
    }

    private async Task<RedisResult?> TryAsync(string command, Func<Task<RedisResult?>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RedisServerException error) when (IsRefused(error))
        {
            throw Refused(command, error);
        }
    }

    private UnauthorizedAccessException Refused(string commands, RedisServerException? error = null) => new(
        $"The Redis user may not run {commands}{(error is null ? "" : $" ({error.Message.Trim()})")}. "
        + $"TaskQ needs the rights of this rule: {AccessRule.For(prefix)}",
        error);
}

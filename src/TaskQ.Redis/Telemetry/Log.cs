using Microsoft.Extensions.Logging;

namespace TaskQ.Redis.Telemetry;

/// <summary>Every log message of this backend. Ids: 6000.</summary>
internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Warning, "The Redis server keeps no append-only file and has no replica: a restart loses messages. Set 'appendonly yes'.")]
    public static partial void NotPersistent(ILogger logger);

    [LoggerMessage(6001, LogLevel.Warning, "The clocks of this process and of the Redis server differ by {Offset}. Delays go by the server's, schedules and periods by this one's.")]
    public static partial void ClockOffset(ILogger logger, TimeSpan offset);

    [LoggerMessage(6002, LogLevel.Warning, "The Redis user may not run info, so version, maxmemory-policy and persistence of the server are not checked.")]
    public static partial void InfoRefused(ILogger logger);

    [LoggerMessage(6003, LogLevel.Warning, "The connection to Redis has brought only failures, or no wake-ups, for a while; another one takes its place.")]
    public static partial void ConnectionReplaced(ILogger logger);
}

using Microsoft.Extensions.Logging;

namespace TaskQ.Sql.Telemetry;

/// <summary>Every log message of this backend. Ids: 6200.</summary>
internal static partial class Log
{
    [LoggerMessage(6200, LogLevel.Warning, "{Connection} has no event Notification with a method WaitAsync, as Npgsql has: the queues are polled instead, up to a second late.")]
    public static partial void NoNotifications(ILogger logger, string connection);

    [LoggerMessage(6201, LogLevel.Warning, "Notifications of PostgreSQL don't arrive, such as through a pooler that shares connections: the queues are polled meanwhile, up to a second late.")]
    public static partial void NotificationsLost(ILogger logger, Exception error);

    [LoggerMessage(6202, LogLevel.Information, "Notifications of PostgreSQL arrive again.")]
    public static partial void NotificationsBack(ILogger logger);
}

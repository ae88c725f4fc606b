using Microsoft.Extensions.Logging;

namespace TaskQ.Sql.Telemetry;

/// <summary>Every log message of this backend. Ids: 8000.</summary>
internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Error, "Outbox of queue '{Queue}': the database or the queue is away, or the relay failed; next try in {Delay}.")]
    public static partial void RelayFailed(ILogger logger, Exception error, string queue, TimeSpan delay);

    [LoggerMessage(8001, LogLevel.Warning, "Outbox of queue '{Queue}': message {Id} was refused, attempt {Attempt}; next try in {Delay}.")]
    public static partial void RelayRetried(ILogger logger, Exception error, string queue, Guid id, int attempt, TimeSpan delay);

    [LoggerMessage(8002, LogLevel.Error, "Outbox of queue '{Queue}': message {Id} was refused for the last time, after {Attempt} attempts; it is dead.")]
    public static partial void RelayRefused(ILogger logger, Exception error, string queue, Guid id, int attempt);

    [LoggerMessage(8003, LogLevel.Warning, "Outbox of queue '{Queue}': its store keeps no names, so a message whose add is repeated, such as after a crash of the relay, is there twice: write handlers that can run twice. {Remedy}")]
    public static partial void RelayMayRepeat(ILogger logger, string queue, string? remedy);

    [LoggerMessage(8010, LogLevel.Warning, "{Connection} has no event Notification with a method WaitAsync, as Npgsql has: the queues are polled instead, up to a second late.")]
    public static partial void NoNotifications(ILogger logger, string connection);

    [LoggerMessage(8011, LogLevel.Warning, "Notifications of PostgreSQL don't arrive, such as through a pooler that shares connections: the queues are polled meanwhile, up to a second late.")]
    public static partial void NotificationsLost(ILogger logger, Exception error);

    [LoggerMessage(8012, LogLevel.Information, "Notifications of PostgreSQL arrive again.")]
    public static partial void NotificationsBack(ILogger logger);

    [LoggerMessage(8020, LogLevel.Warning, "Queue '{Queue}': what has been kept for long enough could not be dropped; it is tried again.")]
    public static partial void TendFailed(ILogger logger, Exception error, string queue);
}

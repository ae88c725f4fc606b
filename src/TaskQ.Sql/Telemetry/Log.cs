using Microsoft.Extensions.Logging;

namespace TaskQ.Sql.Telemetry;

/// <summary>Every log message of this backend. Ids: 8000.</summary>
internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Error, "Outbox of queue '{Queue}': the relay failed; next try in {Delay}.")]
    public static partial void RelayFailed(ILogger logger, Exception error, string queue, TimeSpan delay);

    [LoggerMessage(8001, LogLevel.Warning, "Outbox of queue '{Queue}': message {Id} was refused, attempt {Attempt}; next try in {Delay}.")]
    public static partial void RelayRetried(ILogger logger, Exception error, string queue, Guid id, int attempt, TimeSpan delay);

    [LoggerMessage(8002, LogLevel.Error, "Outbox of queue '{Queue}': message {Id} was refused for the last time, after {Attempt} attempts; it is dead.")]
    public static partial void RelayRefused(ILogger logger, Exception error, string queue, Guid id, int attempt);
}

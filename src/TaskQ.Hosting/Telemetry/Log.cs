using Microsoft.Extensions.Logging;

namespace TaskQ.Hosting.Telemetry;

/// <summary>Every log message of TaskQ.Hosting. Ids: 9000 host.</summary>
internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Warning, "The configuration has a section {Section} for a queue that this host does not have. It has: {Queues}.")]
    public static partial void UnknownQueueSection(ILogger logger, string section, string queues);

    [LoggerMessage(9001, LogLevel.Warning, "The host's shutdown timeout ended before handlers did; they are cancelled and their messages given back. Set ConsumerHostOptions.StopTimeout some seconds below HostOptions.ShutdownTimeout.")]
    public static partial void StopCutShort(ILogger logger);

    [LoggerMessage(9002, LogLevel.Error, "Queue '{Queue}': the consumer could not be stopped.")]
    public static partial void StopFailed(ILogger logger, Exception error, string queue);
}

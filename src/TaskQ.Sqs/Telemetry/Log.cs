using Microsoft.Extensions.Logging;

namespace TaskQ.Sqs.Telemetry;

/// <summary>Every log message of this backend. Ids: 6100.</summary>
internal static partial class Log
{
    [LoggerMessage(6100, LogLevel.Warning, "Queue '{Queue}': message {Id} was sent again, but its old copy could not be deleted; it may run twice.")]
    public static partial void CopyLeft(ILogger logger, string queue, Guid id);

    [LoggerMessage(6101, LogLevel.Warning, "Queue '{Queue}': SQS refused to settle message {Id} ({Code}: {Reason}); its lease counts as lost.")]
    public static partial void SettleRefused(ILogger logger, string queue, Guid id, string code, string reason);

    [LoggerMessage(6102, LogLevel.Warning, "Queue '{Queue}': {Count} received message(s) could not be put back; they come again when their time is over.")]
    public static partial void PutBackFailed(ILogger logger, Exception error, string queue, int count);

    [LoggerMessage(6103, LogLevel.Warning, "Queue '{Queue}': {Count} received message(s) differ from their checksums; they are received again.")]
    public static partial void Damaged(ILogger logger, string queue, int count);

    [LoggerMessage(6104, LogLevel.Warning, "Queue '{Queue}': a further receive failed; the messages of the first one are handled.")]
    public static partial void ReceiveFailed(ILogger logger, Exception error, string queue);
}

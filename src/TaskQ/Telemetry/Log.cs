using Microsoft.Extensions.Logging;

namespace TaskQ.Telemetry;

/// <summary>Every log message of the core. Ids: 1000 add, 2000 fetch, 3000 dispatch, 4000 finish, 5000 scale.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Queue '{Queue}': the consumer has started.")]
    public static partial void Started(ILogger logger, string queue);

    [LoggerMessage(2001, LogLevel.Information, "Queue '{Queue}': the consumer has stopped.")]
    public static partial void Stopped(ILogger logger, string queue);

    [LoggerMessage(2002, LogLevel.Error, "Queue '{Queue}': fetching failed; next try in {Delay}.")]
    public static partial void FetchFailed(ILogger logger, Exception error, string queue, TimeSpan delay);

    [LoggerMessage(2003, LogLevel.Warning, "Queue '{Queue}': {Failures} failures in a row; fetching pauses for {Duration}.")]
    public static partial void Paused(ILogger logger, string queue, int failures, TimeSpan duration);

    [LoggerMessage(2004, LogLevel.Error, "Queue '{Queue}': the heartbeat failed; the leases are extended at the next one.")]
    public static partial void BeatFailed(ILogger logger, Exception error, string queue);

    [LoggerMessage(2005, LogLevel.Warning, "Message {Id} lost its lease; another consumer runs it.")]
    public static partial void LeaseLost(ILogger logger, Guid id);

    [LoggerMessage(2006, LogLevel.Information, "Queue '{Queue}': a message that may kill its process waits; it is fetched alone.")]
    public static partial void SuspectsWaiting(ILogger logger, string queue);

    [LoggerMessage(2007, LogLevel.Error, "Queue '{Queue}': a background loop of the consumer failed.")]
    public static partial void LoopFailed(ILogger logger, Exception error, string queue);

    [LoggerMessage(2008, LogLevel.Warning, "Queue '{Queue}': a fetch has not ended though it was cancelled; what it brings is given back.")]
    public static partial void FetchGivenUp(ILogger logger, string queue);

    [LoggerMessage(2009, LogLevel.Error, "A permit could not be given back to the queue's rate limiter.")]
    public static partial void PermitFailed(ILogger logger, Exception error);

    [LoggerMessage(2010, LogLevel.Debug, "Queue '{Queue}': its messages could not be counted for the depth metric.")]
    public static partial void DepthUnknown(ILogger logger, Exception error, string queue);

    [LoggerMessage(3000, LogLevel.Error, "Message {Id} can't be decoded.")]
    public static partial void FrameUndecodable(ILogger logger, Exception error, Guid id);

    [LoggerMessage(3001, LogLevel.Warning, "Message {Id} has frame version {Version}, which is not known here; it is given back.")]
    public static partial void FrameVersionUnknown(ILogger logger, Guid id, int version);

    [LoggerMessage(3002, LogLevel.Warning, "Task '{Task}', message {Id}: a hook failed after the handler had succeeded; the message is completed.")]
    public static partial void HookFailedAfterSuccess(ILogger logger, Exception error, string task, Guid id);

    [LoggerMessage(3003, LogLevel.Warning, "Task '{Task}', message {Id}: the handler ignores that its time is up; its slot is freed.")]
    public static partial void HandlerAbandoned(ILogger logger, string task, Guid id);

    [LoggerMessage(3004, LogLevel.Warning, "Task '{Task}', message {Id}: a handler that outstayed its timeout has failed.")]
    public static partial void AbandonedHandlerFailed(ILogger logger, Exception error, string task, Guid id);

    [LoggerMessage(3005, LogLevel.Error, "Task '{Task}', message {Id}: its services could not be disposed.")]
    public static partial void ScopeDisposalFailed(ILogger logger, Exception error, string task, Guid id);

    [LoggerMessage(3006, LogLevel.Error, "Queue '{Queue}', message {Id}: the run could not be carried through; retry in {Delay}.")]
    public static partial void RunBroken(ILogger logger, Exception error, string queue, Guid id, TimeSpan delay);

    [LoggerMessage(4000, LogLevel.Warning, "Task '{Task}', message {Id}: attempt {Attempt} failed; retry in {Delay}.")]
    public static partial void Retrying(ILogger logger, Exception error, string task, Guid id, int attempt, TimeSpan delay);

    [LoggerMessage(4001, LogLevel.Error, "Task '{Task}', message {Id}: attempt {Attempt} failed for good ({Reason}).")]
    public static partial void Failed(ILogger logger, Exception error, string task, Guid id, int attempt, string reason);

    [LoggerMessage(4002, LogLevel.Error, "Task '{Task}', message {Id}: the fallback handler failed.")]
    public static partial void FallbackFailed(ILogger logger, Exception error, string task, Guid id);

    [LoggerMessage(4003, LogLevel.Error, "Task '{Task}', message {Id}: the error's own delay or RetryDelay failed; the backoff stands in for it.")]
    public static partial void RetryDelayFailed(ILogger logger, Exception error, string task, Guid id);

    [LoggerMessage(4004, LogLevel.Error, "Task '{Task}', message {Id}: lost its lease {Crashes} times; it is dead.")]
    public static partial void Crashed(ILogger logger, string task, Guid id, int crashes);

    [LoggerMessage(4005, LogLevel.Error, "Queue '{Queue}': finished messages could not be settled; next try in {Delay}.")]
    public static partial void SettleFailed(ILogger logger, Exception error, string queue, TimeSpan delay);

    [LoggerMessage(4006, LogLevel.Warning, "Queue '{Queue}': {Count} messages could not be settled before the stop ended; their leases run out.")]
    public static partial void SettleGivenUp(ILogger logger, string queue, int count);

    [LoggerMessage(5000, LogLevel.Debug, "Queue '{Queue}': {Workers} workers, {Fetchers} fetchers.")]
    public static partial void Scaled(ILogger logger, string queue, int workers, int fetchers);
}

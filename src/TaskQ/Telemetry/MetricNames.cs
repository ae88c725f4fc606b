namespace TaskQ.Telemetry;

/// <summary>The names of meter, instruments and attributes.</summary>
/// <remarks>
/// Names that begin with "messaging." or "error." are those of the OpenTelemetry semantic conventions v1.44.0:
/// https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/messaging/messaging-metrics.md
/// </remarks>
internal static class MetricNames
{
    public const string Meter = "TaskQ";
    public const string SchemaUrl = "https://opentelemetry.io/schemas/1.44.0";

    public const string CallDuration = "messaging.client.operation.duration";
    public const string SentMessages = "messaging.client.sent.messages";
    public const string ConsumedMessages = "messaging.client.consumed.messages";
    public const string ProcessDuration = "messaging.process.duration";

    public const string Workers = "taskq.workers";
    public const string Fetchers = "taskq.fetchers";
    public const string QueueDepth = "taskq.queue.depth";
    public const string MessageAge = "taskq.message.age";
    public const string Retries = "taskq.retries";
    public const string Fallbacks = "taskq.fallbacks";
    public const string DeadLetters = "taskq.dead_letters";
    public const string Duplicates = "taskq.duplicates";
    public const string LimiterWait = "taskq.limiter.wait.duration";

    public const string SystemAttribute = "messaging.system";
    public const string DestinationAttribute = "messaging.destination.name";
    public const string OperationNameAttribute = "messaging.operation.name";
    public const string OperationTypeAttribute = "messaging.operation.type";
    public const string ErrorTypeAttribute = "error.type";
    public const string TaskAttribute = "taskq.task.name";
    public const string StateAttribute = "taskq.message.state";
    public const string ReasonAttribute = "taskq.dead_letter.reason";
}

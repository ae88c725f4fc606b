namespace TaskQ.OpenTelemetry;

/// <summary>The names of source, meter and attributes, those of the semantic conventions v1.44.0 where they have one.</summary>
internal static class TelemetryNames
{
    public const string Source = "TaskQ";
    public const string Meter = "TaskQ";
    public const string SchemaUrl = "https://opentelemetry.io/schemas/1.44.0";

    public const string System = "messaging.system";
    public const string Destination = "messaging.destination.name";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string MessageId = "messaging.message.id";
    public const string ErrorType = "error.type";
    public const string Task = "taskq.task.name";
    public const string Attempt = "taskq.message.attempt";
    public const string PropagationFailed = "taskq.propagation_failed";
}

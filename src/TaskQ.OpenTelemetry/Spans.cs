using System.Diagnostics;

namespace TaskQ.OpenTelemetry;

/// <summary>The spans, by the names of the semantic conventions.</summary>
internal static class Spans
{
    // As System.Diagnostics asks for: a source lives as long as the process.
    private static readonly ActivitySource Source = new(new ActivitySourceOptions(TelemetryNames.Source)
    {
        Version = typeof(Spans).Assembly.GetName().Version!.ToString(3),
        TelemetrySchemaUrl = TelemetryNames.SchemaUrl,
    });

    /// <summary>Whether anybody listens.</summary>
    public static bool AreHeard => Source.HasListeners();

    /// <summary>Starts the span of an add, a child of what the caller does; null when it is not sampled.</summary>
    public static Activity? StartAdd(TaskQueue? queue, TaskMessage message) =>
        Source.StartActivity(
            queue is null ? "add" : $"add {queue.Name}",
            ActivityKind.Producer,
            parentContext: default,
            Tags(queue, message, "add", "send"));

    /// <summary>Starts the span of a run, linked to the add; null when it is not sampled.</summary>
    /// <param name="context">The run.</param>
    /// <param name="creation">The span of the add, the default when it is not known.</param>
    /// <param name="isParent">Whether that span is the parent; otherwise it is what goes on here, which is usually nothing.</param>
    public static Activity? StartProcess(TaskContext context, ActivityContext creation, bool isParent)
    {
        bool isKnown = creation != default;
        Activity? ambient = Activity.Current;
        var links = new List<ActivityLink>(2);
        if (isKnown)
        {
            links.Add(new ActivityLink(creation));
        }

        if (isKnown && isParent && ambient is not null)
        {
            // A hook outside this one has a span of its own.
            links.Add(new ActivityLink(ambient.Context));
        }

        IEnumerable<KeyValuePair<string, object?>> tags =
        [
            .. Tags(context.Queue, context.Message, "process", "process"),
            new(TelemetryNames.Attempt, context.Attempt),
        ];
        return Source.StartActivity(
            $"process {context.Queue.Name}", ActivityKind.Consumer, isParent ? creation : default, tags, links);
    }

    /// <summary>Marks a span as failed and records the exception.</summary>
    public static void Fail(this Activity span, Exception error)
    {
        span.SetStatus(ActivityStatusCode.Error, error.Message);
        span.SetTag(TelemetryNames.ErrorType, error.GetType().FullName);
        span.AddException(error);
    }

    /// <summary>Notes that the context could not be written or read.</summary>
    public static void NotePropagationError(this Activity span, Exception error) =>
        span.AddEvent(new ActivityEvent(
            TelemetryNames.PropagationFailed,
            tags: new ActivityTagsCollection { [TelemetryNames.ErrorType] = error.GetType().FullName }));

    // Given at the start, because samplers see them then.
    private static List<KeyValuePair<string, object?>> Tags(TaskQueue? queue, TaskMessage message, string operation, string type)
    {
        var tags = new List<KeyValuePair<string, object?>>(7)
        {
            new(TelemetryNames.OperationName, operation),
            new(TelemetryNames.OperationType, type),
            new(TelemetryNames.MessageId, message.Id.ToString()),
            new(TelemetryNames.Task, message.TaskName),
        };
        if (queue is not null)
        {
            tags.Add(new(TelemetryNames.System, queue.Capabilities.System));
            tags.Add(new(TelemetryNames.Destination, queue.Name));
        }

        return tags;
    }
}

using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Context.Propagation;

namespace TaskQ.OpenTelemetry;

/// <summary>Trace context and baggage in the headers of a message.</summary>
/// <remarks>
/// Without another propagator these are the W3C headers traceparent, tracestate (https://www.w3.org/TR/trace-context/)
/// and baggage (https://www.w3.org/TR/baggage/). A propagator that fails costs the context, never the message.
/// </remarks>
internal sealed class HeaderPropagation(TextMapPropagator? propagator)
{
    /// <summary>Marks a message that was not to start at once: the store does not tell the consumer.</summary>
    public const string DelayedHeader = "taskq-delayed";

    // The application may set its propagator after the hook is created.
    private TextMapPropagator Propagator => propagator ?? Propagators.DefaultTextMapPropagator;

    /// <summary>Whether the message was added with a delay or schedule.</summary>
    public static bool IsDelayed(TaskMessage message) => message.Headers.ContainsKey(DelayedHeader);

    /// <summary>Writes the headers.</summary>
    /// <returns>What went wrong, null when nothing did.</returns>
    public Exception? Inject(ActivityContext context, TaskQueue? queue, TaskMessage message)
    {
        try
        {
            Propagator.Inject(
                new PropagationContext(context, Baggage.Current),
                message,
                static (carrier, name, value) => carrier.WithHeader(name, value));
            TimeProvider clock = queue?.Options.TimeProvider ?? TimeProvider.System;
            if (message.Delay > TimeSpan.Zero || message.Schedule > clock.GetUtcNow())
            {
                message.WithHeader(DelayedHeader, "1");
            }

            return null;
        }
#pragma warning disable CA1031 // A propagator of the application's may throw anything; the message must be added all the same.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return error;
        }
    }

    /// <summary>Reads the headers, which anybody may have written.</summary>
    public PropagationContext Extract(TaskMessage message, out Exception? error)
    {
        error = null;
        try
        {
            return Propagator.Extract(
                default,
                message,
                static (carrier, name) => carrier.Headers.TryGetValue(name, out string? value) ? [value] : []);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception thrown)
#pragma warning restore CA1031
        {
            error = thrown;
            return default;
        }
    }
}

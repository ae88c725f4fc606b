using OpenTelemetry.Context.Propagation;

namespace TaskQ.OpenTelemetry;

/// <summary>How spans are made. Read when the hook is created; later changes have no effect.</summary>
public sealed class OpenTelemetryHookOptions
{
    /// <summary>Whether the span of an add is the parent of the span of a run. The default is <see cref="SpanParent.WhenImmediate"/>.</summary>
    public SpanParent Parent { get; set; } = SpanParent.WhenImmediate;

    /// <summary>
    /// What writes trace context and baggage into headers and reads them. <c>Propagators.DefaultTextMapPropagator</c>, which the
    /// OpenTelemetry SDK sets to those of the W3C, stands in for null. The default is null: that of the application.
    /// </summary>
    public TextMapPropagator? Propagator { get; set; }

    internal void Validate()
    {
        if (!Enum.IsDefined(Parent))
        {
#pragma warning disable CA2208 // The property's name says more than a parameter's.
            throw new ArgumentOutOfRangeException(nameof(Parent), Parent, "OpenTelemetryHookOptions.Parent must be a value of SpanParent.");
#pragma warning restore CA2208
        }
    }
}

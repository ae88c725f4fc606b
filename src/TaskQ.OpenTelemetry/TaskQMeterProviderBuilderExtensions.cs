using OpenTelemetry.Metrics;
using TaskQ.OpenTelemetry;

namespace TaskQ;

/// <summary>TaskQ's metrics for a meter provider.</summary>
public static class TaskQMeterProviderBuilderExtensions
{
    /// <summary>Collects the metrics of TaskQ. They come from the queues themselves, so no hook is needed.</summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The same builder.</returns>
    public static MeterProviderBuilder AddTaskQInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter(TelemetryNames.Meter);
    }
}

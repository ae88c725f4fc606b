using OpenTelemetry.Metrics;
using TaskQ.OpenTelemetry;

namespace TaskQ;

/// <summary>TaskQ's metrics for a meter provider.</summary>
public static class TaskQMeterProviderBuilderExtensions
{
    /// <summary>
    /// Collects the metrics of TaskQ, which come from the queues themselves. Where the provider is built from a host's services, it also
    /// registers an <see cref="OpenTelemetryHook"/> there, so that traces are passed on even if another process records them. A second call
    /// changes nothing.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The same builder.</returns>
    public static MeterProviderBuilder AddTaskQInstrumentation(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.ConfigureServices(static services => services.AddHook());
        return builder.AddMeter(TelemetryNames.Meter);
    }
}

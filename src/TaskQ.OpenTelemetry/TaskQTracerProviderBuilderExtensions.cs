using OpenTelemetry.Trace;
using TaskQ.OpenTelemetry;

namespace TaskQ;

/// <summary>TaskQ's spans for a tracer provider.</summary>
public static class TaskQTracerProviderBuilderExtensions
{
    /// <summary>
    /// Collects the spans of TaskQ. Where the provider is built from a host's services, it also registers an
    /// <see cref="OpenTelemetryHook"/> there, which every queue of the host gets; elsewhere queues and consumers need the hook added.
    /// A second call changes nothing.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets how spans are made. The default is null: the default options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="OpenTelemetryHookOptions.Parent"/> is none of the enum's values.</exception>
    public static TracerProviderBuilder AddTaskQInstrumentation(
        this TracerProviderBuilder builder, Action<OpenTelemetryHookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.ConfigureServices(services => services.AddTaskQInstrumentation(configure));
        return builder.AddSource(TelemetryNames.Source);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Trace;

namespace TaskQ.OpenTelemetry;

/// <summary>TaskQ's spans for a tracer provider.</summary>
public static class TaskQTracerProviderBuilderExtensions
{
    /// <summary>
    /// Collects the spans of TaskQ. In a host it also registers an <see cref="OpenTelemetryHook"/> as a service, which every queue of
    /// the host gets; a queue without a host needs the hook added. A second call changes nothing.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets how spans are made. The default is null: the default options.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="OpenTelemetryHookOptions.Parent"/> is none of the enum's values.</exception>
    public static TracerProviderBuilder AddTaskQInstrumentation(
        this TracerProviderBuilder builder, Action<OpenTelemetryHookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new OpenTelemetryHookOptions();
        configure?.Invoke(options);
        var hook = new OpenTelemetryHook(options);
        builder.ConfigureServices(services =>
        {
            services.TryAddSingleton(hook);
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IProducerHook, OpenTelemetryHook>(Hook));
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConsumerHook, OpenTelemetryHook>(Hook));
        });
        return builder.AddSource(TelemetryNames.Source);
    }

    private static OpenTelemetryHook Hook(IServiceProvider services) => services.GetRequiredService<OpenTelemetryHook>();
}

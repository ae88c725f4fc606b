using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TaskQ.OpenTelemetry;

namespace TaskQ;

/// <summary>The hook for a host that builds its tracer provider by itself.</summary>
public static class TaskQServiceCollectionExtensions
{
    /// <summary>
    /// Registers an <see cref="OpenTelemetryHook"/> as a service, which every queue of the host gets. Where the tracer provider is
    /// built from the host's services, its <c>AddTaskQInstrumentation</c> does this too. A second call changes nothing.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets how spans are made. The default is null: the default options.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="OpenTelemetryHookOptions.Parent"/> is none of the enum's values.</exception>
    public static IServiceCollection AddTaskQInstrumentation(
        this IServiceCollection services, Action<OpenTelemetryHookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new OpenTelemetryHookOptions();
        configure?.Invoke(options);
        options.Validate();
        services.TryAddSingleton(options);
        return services.AddHook();
    }

    /// <summary>The hook alone, for whoever has no say in its options.</summary>
    internal static IServiceCollection AddHook(this IServiceCollection services)
    {
        services.TryAddSingleton(static provider => new OpenTelemetryHook(provider.GetService<OpenTelemetryHookOptions>() ?? new OpenTelemetryHookOptions()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IProducerHook, OpenTelemetryHook>(Hook));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConsumerHook, OpenTelemetryHook>(Hook));
        return services;
    }

    private static OpenTelemetryHook Hook(IServiceProvider services) => services.GetRequiredService<OpenTelemetryHook>();
}

using Microsoft.Extensions.DependencyInjection;
using TaskQ.Dispatch;

namespace TaskQ.Registry;

/// <summary>Finds the service for one parameter.</summary>
/// <param name="owner">The task and the parameter, for errors.</param>
/// <param name="key">The key of a keyed service, null for one without.</param>
/// <param name="isOptional">Whether a missing service is the default value and no error.</param>
/// <param name="defaultValue">The default value.</param>
internal sealed class ServiceParameter<T>(string owner, object? key, bool isOptional, object? defaultValue) : ServiceParameter
{
    private readonly T? _defaultValue = (T?)defaultValue;

    /// <exception cref="InvalidOperationException">The service is missing.</exception>
    public T? Resolve(Invocation invocation)
    {
        IServiceProvider services = invocation.Services;
        object? service = key is null
            ? services.GetService(typeof(T))
            : (services as IKeyedServiceProvider)?.GetKeyedService(typeof(T), key);
        if (service is T found)
        {
            return found;
        }

        return isOptional ? _defaultValue : throw Missing(services);
    }

    private InvalidOperationException Missing(IServiceProvider services)
    {
        string with = key is null ? "" : $" with the key '{key}'";
        string why = ReferenceEquals(services, EmptyServiceProvider.Instance)
            ? "the queue has no services; set QueueOptions.Services."
            : key is not null && services is not IKeyedServiceProvider
                ? "the service provider does not know keys."
                : "no such service is registered.";
        return new InvalidOperationException($"{owner} needs a service of type {TypeName.Of(typeof(T))}{with}, but {why}");
    }
}

using Microsoft.Extensions.DependencyInjection;

namespace TaskQ;

/// <summary>Where a host says which queues it has and in which stores they live. Backends extend it by a <c>Use</c> method of their own; TaskQ.Hosting implements it.</summary>
public abstract class TaskQBuilder
{
    /// <summary>Creates a builder.</summary>
    /// <param name="services">The host's services.</param>
    protected TaskQBuilder(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        Services = services;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Says how the factory of queues is made: on a host's builder for the queues that are added after it, on a queue's builder for that queue.</summary>
    /// <remarks>The factory is made once for each call, when the first queue needs it, and disposed with the host's services.</remarks>
    /// <param name="name">The backend's name, for errors.</param>
    /// <param name="create">Makes the factory.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public void UseBackend(string name, Func<IServiceProvider, QueueFactory> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(create);
        UseBackendCore(name, create);
    }

    /// <summary>Says how the factory of queues is made.</summary>
    /// <param name="name">The backend's name, not empty.</param>
    /// <param name="create">Makes the factory.</param>
    protected abstract void UseBackendCore(string name, Func<IServiceProvider, QueueFactory> create);
}

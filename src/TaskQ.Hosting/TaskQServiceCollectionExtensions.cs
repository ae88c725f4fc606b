using Microsoft.Extensions.DependencyInjection;
using TaskQ.Hosting;
using TaskQ.Hosting.Model;

namespace TaskQ;

/// <summary>Adds TaskQ to a host.</summary>
public static class TaskQServiceCollectionExtensions
{
    /// <summary>Adds queues, their tasks and, in a worker, their consumers. Several calls add up.</summary>
    /// <remarks>
    /// Each queue is a service with its name as the key, and without a key when it is the only one; each task is a
    /// <see cref="TaskDefinition"/> with its name as the key. What is wrong fails the host's start, before it serves anything.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Says which backends, queues and tasks there are.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddTaskQ(this IServiceCollection services, Action<TaskQHostBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        configure(new TaskQHostBuilder(services, HostModel.Of(services)));
        return services;
    }
}

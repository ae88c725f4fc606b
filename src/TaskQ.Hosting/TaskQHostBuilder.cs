using Microsoft.Extensions.DependencyInjection;
using TaskQ.Hosting.Model;

namespace TaskQ.Hosting;

/// <summary>Says which backends, queues and consumers a host has.</summary>
/// <remarks>
/// The backend of a queue is the one that its own builder names, else the last one that was named before the queue was
/// added, else the first one of the host.
/// </remarks>
public sealed class TaskQHostBuilder : TaskQBuilder
{
    private readonly HostModel _model;

    internal TaskQHostBuilder(IServiceCollection services, HostModel model)
        : base(services) => _model = model;

    /// <summary>Adds a queue, or goes on with the one of that name.</summary>
    /// <remarks>Its options come from the section <c>TaskQ:Queues:NAME</c> of the host's configuration, then from code.</remarks>
    /// <param name="name">The queue's name.</param>
    /// <param name="configure">Sets options; several calls add up. The default is null: nothing.</param>
    /// <returns>The queue's builder.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public QueueBuilder AddQueue(string name, Action<QueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        QueueEntry queue = _model.Queue(Services, name);
        if (configure is not null)
        {
            Services.Configure(name, configure);
        }

        return new QueueBuilder(Services, _model, queue);
    }

    /// <summary>Runs consumers in this host: they start when the application has started, and stop before anything else does.</summary>
    /// <param name="queues">The names of the queues. The default is none: all queues of the host.</param>
    /// <returns>The same builder.</returns>
    public TaskQHostBuilder RunConsumers(params string[] queues)
    {
        ArgumentNullException.ThrowIfNull(queues);
        _model.Run(queues);
        return this;
    }

    /// <summary>Runs consumers in this host, with options.</summary>
    /// <param name="configure">Sets options; several calls add up.</param>
    /// <param name="queues">The names of the queues. The default is none: all queues of the host.</param>
    /// <returns>The same builder.</returns>
    public TaskQHostBuilder RunConsumers(Action<ConsumerHostOptions> configure, params string[] queues)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.Configure(configure);
        return RunConsumers(queues);
    }

    /// <inheritdoc/>
    protected override void UseBackendCore(string name, Func<IServiceProvider, QueueFactory> create) =>
        _model.UseBackend(new BackendEntry(name, create));
}

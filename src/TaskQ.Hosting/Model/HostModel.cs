using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskQ.Hosting.Configure;
using TaskQ.Hosting.Run;

namespace TaskQ.Hosting.Model;

/// <summary>What all calls of AddTaskQ on one service collection have described.</summary>
internal sealed class HostModel
{
    private readonly List<QueueEntry> _queues = [];
    private readonly Dictionary<Type, string> _contracts = [];
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private BackendEntry? _first;
    private bool _runsAll;

    public IReadOnlyList<QueueEntry> Queues => _queues;

    /// <summary>The backend that the host named last.</summary>
    public BackendEntry? Nearest { get; private set; }

    /// <summary>The names of the queues whose consumers run here, null for all.</summary>
    public IReadOnlySet<string>? Running => _runsAll ? null : _running;

    /// <summary>The model of a service collection, which the first call adds with the services that every host needs.</summary>
    public static HostModel Of(IServiceCollection services)
    {
        foreach (ServiceDescriptor descriptor in services)
        {
            if (!descriptor.IsKeyedService && descriptor.ImplementationInstance is HostModel known)
            {
                return known;
            }
        }

        var model = new HostModel();
        services.AddSingleton(model);
        services.AddOptions();

        // Before all others, wherever they were added: code beats configuration.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<QueueOptions>, QueueOptionsSetup>());
        services.AddSingleton<IValidateOptions<QueueOptions>, QueueOptionsValidation>();
        services.AddSingleton<IValidateOptions<ConsumerHostOptions>, ConsumerHostOptionsValidation>();
        services.AddSingleton<QueueRegistry>();
        services.AddSingleton<QueueCloser>();
        services.AddSingleton<IQueueRegistry>(provider => provider.GetRequiredService<QueueRegistry>());
        services.TryAddSingleton(provider => provider.GetRequiredService<QueueRegistry>().Only());
        services.AddSingleton<IHostedService, ConsumerService>();
        return model;
    }

    /// <summary>The queue of a name, added with its services when it is new.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public QueueEntry Queue(IServiceCollection services, string name)
    {
        if (Find(name) is { } known)
        {
            return known;
        }

        if (new QueueOptions { Name = name }.Validate() is [var fault, ..])
        {
            throw new ArgumentException(fault, nameof(name));
        }

        var queue = new QueueEntry(name, Nearest);
        _queues.Add(queue);
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredService<QueueRegistry>().Get(name));
        services.AddOptionsWithValidateOnStart<QueueOptions>(name);
        return queue;
    }

    public QueueEntry? Find(string name) => _queues.Find(queue => queue.Name == name);

    /// <summary>Takes a backend for the queues that come after it.</summary>
    public void UseBackend(BackendEntry backend)
    {
        _first ??= backend;
        Nearest = backend;
    }

    /// <summary>The backend of a queue: its own, the one named before it, or the first of the host's; null when there is none.</summary>
    public BackendEntry? BackendOf(QueueEntry queue) => queue.Own ?? queue.Nearest ?? _first;

    /// <summary>Notes that a queue has a class of declared tasks.</summary>
    /// <returns>Whether it is new to the host.</returns>
    /// <exception cref="InvalidOperationException">Another queue has it.</exception>
    public bool AddContract(Type type, string queue)
    {
        if (_contracts.TryAdd(type, queue))
        {
            return true;
        }

        return _contracts[type] == queue
            ? false
            : throw new InvalidOperationException(
                $"{type} declares the tasks of queue '{_contracts[type]}' already, so it can't declare those of queue '{queue}': "
                + "as a service it would be ambiguous. Derive a class for each queue.");
    }

    public void Run(IReadOnlyCollection<string> queues)
    {
        _runsAll |= queues.Count == 0;
        _running.UnionWith(queues);
    }
}

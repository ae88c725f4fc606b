using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TaskQ.Hosting.Model;

/// <summary>Makes the queues of a host from its model when the first is asked for.</summary>
/// <remarks>1. Make every queue. 2. Declare tasks. 3. Give them handlers. 4. Add hooks: those of the container, then the queue's own.</remarks>
internal sealed class QueueRegistry(HostModel model, IServiceProvider services, IOptionsMonitor<QueueOptions> options)
    : IQueueRegistry
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TaskQueue> _queues = new(StringComparer.Ordinal);
    private readonly Dictionary<BackendEntry, QueueFactory> _factories = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Type, object> _contracts = [];
    private ExceptionDispatchInfo? _failure;
    private bool _begun;

    public IReadOnlyCollection<TaskQueue> Queues
    {
        get
        {
            lock (_lock)
            {
                Make();
                return [.. model.Queues.Select(entry => _queues[entry.Name])];
            }
        }
    }

    /// <summary>The host's services.</summary>
    public IServiceProvider Services => services;

    public TaskQueue Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        lock (_lock)
        {
            Make();
            return _queues.TryGetValue(name, out TaskQueue? queue) ? queue : throw NoQueue(name);
        }
    }

    /// <summary>Makes the queues, if they are not made yet.</summary>
    public void Make()
    {
        lock (_lock)
        {
            _failure?.Throw();

            // A hook or a class of tasks that is made here may ask for a queue; it exists by then.
            if (_begun)
            {
                return;
            }

            _begun = true;
            try
            {
                MakeQueues();
                Equip();
            }
            catch (Exception error)
            {
                _failure = ExceptionDispatchInfo.Capture(error);
                throw;
            }
            finally
            {
                // Services are disposed in the reverse order of their creation: so the queues are closed before what they were made of.
                _ = services.GetRequiredService<QueueCloser>();
            }
        }
    }

    /// <summary>The queue of a host that has one.</summary>
    /// <exception cref="InvalidOperationException">It has none, or several.</exception>
    public TaskQueue Only() =>
        model.Queues is [var only]
            ? Get(only.Name)
            : throw new InvalidOperationException(
                model.Queues.Count == 0
                    ? "The host has no queue. Add one: services.AddTaskQ(taskq => taskq.AddQueue(\"main\"))."
                    : $"The host has several queues ({Names()}), so a TaskQueue is asked for by its name: [FromKeyedServices(\"{model.Queues[0].Name}\")] TaskQueue.");

    /// <summary>The task of a name, whichever queue has it.</summary>
    /// <exception cref="InvalidOperationException">Several queues have one of that name, or it is of other types.</exception>
    public TDefinition TaskOf<TDefinition>(string name)
        where TDefinition : TaskDefinition
    {
        TaskDefinition[] found = [.. Queues.Select(queue => queue.Tasks.GetValueOrDefault(name)).OfType<TaskDefinition>()];
        return found is [var only]
            ? only as TDefinition ?? throw new InvalidOperationException($"Task '{name}' is a {only.GetType()}, not a {typeof(TDefinition)}.")
            : throw new InvalidOperationException(
                found.Length == 0
                    ? $"No queue has a task '{name}'."
                    : $"Several queues have a task '{name}', so it can't be asked for by that name alone; take it from TaskQueue.Tasks.");
    }

    /// <summary>The instance of a class that declares tasks.</summary>
    public TTasks Contract<TTasks>()
        where TTasks : class
    {
        lock (_lock)
        {
            Make();
            return (TTasks)_contracts[typeof(TTasks)];
        }
    }

    /// <summary>Makes the instance of a class that declares tasks.</summary>
    public void AddContract<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTasks>(TaskQueue queue)
        where TTasks : class => _contracts.Add(typeof(TTasks), ActivatorUtilities.CreateInstance<TTasks>(services, queue));

    /// <summary>Closes the factories; none is made any more.</summary>
    public async ValueTask CloseAsync()
    {
        QueueFactory[] factories;
        lock (_lock)
        {
            factories = [.. _factories.Values];
            _begun = true;
            _failure ??= ExceptionDispatchInfo.Capture(new ObjectDisposedException(nameof(IQueueRegistry), "The host's queues are disposed."));
        }

        await Task.WhenAll(factories.Select(factory => factory.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private void MakeQueues()
    {
        if (model.Queues.Where(queue => model.BackendOf(queue) is null).Select(queue => queue.Name).ToArray() is [var first, ..] without)
        {
            throw new InvalidOperationException(
                $"Queue{(without.Length > 1 ? "s" : "")} '{string.Join("', '", without)}' {(without.Length > 1 ? "have" : "has")} no backend. "
                + $"Name one for all queues, such as taskq.UseMemory(), or for one: taskq.AddQueue(\"{first}\").UseMemory(). "
                + "UseMemory is in TaskQ.Memory, UseRedis in TaskQ.Redis, UseSqs in TaskQ.Sqs.");
        }

        foreach (QueueEntry entry in model.Queues)
        {
            QueueOptions queueOptions = options.Get(entry.Name);
            _queues.Add(entry.Name, FactoryOf(entry).RegisterQueue(queueOptions));
        }
    }

    private QueueFactory FactoryOf(QueueEntry entry)
    {
        BackendEntry backend = model.BackendOf(entry)!;
        if (_factories.TryGetValue(backend, out QueueFactory? known))
        {
            return known;
        }

        try
        {
            QueueFactory factory = backend.Create(services);
            _factories.Add(backend, factory);
            return factory;
        }
#pragma warning disable CA1031 // Whatever it is, the error must say which queue and backend it is about.
        catch (Exception error)
#pragma warning restore CA1031
        {
            throw new InvalidOperationException($"Queue '{entry.Name}': its backend {backend.Name} could not be made: {error.Message}", error);
        }
    }

    private void Equip()
    {
        foreach (QueueEntry entry in model.Queues)
        {
            entry.Declarations.ForEach(declare => declare(this, _queues[entry.Name]));
        }

        foreach (QueueEntry entry in model.Queues)
        {
            entry.Handlers.ForEach(handle => handle(this, _queues[entry.Name]));
        }

        IConsumerHook[] consumerHooks = [.. services.GetServices<IConsumerHook>()];
        IProducerHook[] producerHooks = [.. services.GetServices<IProducerHook>()];
        foreach (QueueEntry entry in model.Queues)
        {
            TaskQueue queue = _queues[entry.Name];
            Array.ForEach(consumerHooks, queue.Consumer.AddHook);
            Array.ForEach(producerHooks, queue.AddHook);
            foreach (object hook in entry.Hooks.Select(make => make(services)))
            {
                if (hook is IConsumerHook consumerHook)
                {
                    queue.Consumer.AddHook(consumerHook);
                }

                if (hook is IProducerHook producerHook)
                {
                    queue.AddHook(producerHook);
                }
            }
        }
    }

    private KeyNotFoundException NoQueue(string name) => new($"The host has no queue '{name}'. It has: {Names()}.");

    private string Names() => model.Queues.Count == 0 ? "none" : string.Join(", ", model.Queues.Select(queue => queue.Name));
}

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TaskQ.Hosting.Model;

namespace TaskQ.Hosting;

/// <summary>Says which tasks and hooks a queue of a host has. A backend that is named on it is that of this queue alone.</summary>
public sealed partial class QueueBuilder : TaskQBuilder
{
    private const string ReadByReflection = "The handler's parameters are read by reflection.";
    private const string CompiledAtRunTime = "The handler is compiled at run time.";

    private readonly HostModel _model;
    private readonly QueueEntry _queue;

    internal QueueBuilder(IServiceCollection services, HostModel model, QueueEntry queue)
        : base(services)
    {
        _model = model;
        _queue = queue;
    }

    /// <summary>The queue's name.</summary>
    public string Name => _queue.Name;

    /// <summary>Registers the public methods of a class that are marked with <see cref="TaskHandlerAttribute"/>. A task that is declared gets its handler.</summary>
    /// <remarks>
    /// For each message the scope's services give the instance, or it is made with services of the scope, and disposed after
    /// the run. Parameters are those of a handler of <see cref="TaskQueue.RegisterTask(string, Delegate)"/>.
    /// </remarks>
    /// <typeparam name="T">The class.</typeparam>
    /// <param name="configure">Sets the options of each task that is not declared elsewhere. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">It has no such method, two with one name, or one that is static, not public, generic, or takes a reference.</exception>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTasksFrom<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(Action<TaskOptions>? configure = null)
        where T : class
    {
        IReadOnlyDictionary<string, Delegate> handlers = HandlerMethods.Find(typeof(T));
        _queue.Handlers.Add((registry, _) => CheckCreation<T>(registry.Services));
        foreach ((string name, Delegate handler) in handlers)
        {
            AddDefinition<TaskDefinition>(name);
            _queue.Handlers.Add((_, queue) => Handle(
                queue, name, handler, configure, mayConfigureDeclared: true, options => queue.RegisterTask(options)));
        }

        return this;
    }

    /// <summary>Declares tasks by a class whose constructor takes the <see cref="TaskQueue"/> and registers them on it. An API and a worker share it.</summary>
    /// <remarks>The class is a service then: one instance, from which producers get their typed tasks.</remarks>
    /// <typeparam name="TTasks">The class.</typeparam>
    /// <param name="handle">Gives the tasks their handlers, in the host that runs them. The default is null: nothing.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="InvalidOperationException">Another queue of the host is declared by the same class.</exception>
    public QueueBuilder DeclareTasks<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTasks>(
        Action<TTasks>? handle = null)
        where TTasks : class
    {
        if (_model.AddContract(typeof(TTasks), _queue.Name))
        {
            _queue.Declarations.Add((registry, queue) => registry.AddContract<TTasks>(queue));
            Services.AddSingleton(provider => provider.GetRequiredService<QueueRegistry>().Contract<TTasks>());
        }

        if (handle is not null)
        {
            _queue.Handlers.Add((registry, _) => handle(registry.Contract<TTasks>()));
        }

        return this;
    }

    /// <summary>Adds a hook of this queue alone; it goes inside those of the host's services.</summary>
    /// <typeparam name="THook">An <see cref="IConsumerHook"/>, an <see cref="IProducerHook"/> or both.</typeparam>
    /// <param name="hook">The hook.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public QueueBuilder AddHook<THook>(THook hook)
        where THook : class
    {
        ArgumentNullException.ThrowIfNull(hook);
        return AddHook(hook.GetType(), _ => hook);
    }

    /// <summary>Adds a hook of this queue alone, which the host's services have or make; it goes inside those of the host's services.</summary>
    /// <typeparam name="THook">An <see cref="IConsumerHook"/>, an <see cref="IProducerHook"/> or both.</typeparam>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public QueueBuilder AddHook<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THook>()
        where THook : class
    {
        Services.TryAddSingleton<THook>();
        return AddHook(typeof(THook), provider => provider.GetRequiredService<THook>());
    }

    /// <inheritdoc/>
    protected override void UseBackendCore(string name, Func<IServiceProvider, QueueFactory> create) =>
        _queue.Own = new BackendEntry(name, create);

    private QueueBuilder AddHook(Type type, Func<IServiceProvider, object> make)
    {
        if (!typeof(IConsumerHook).IsAssignableFrom(type) && !typeof(IProducerHook).IsAssignableFrom(type))
        {
            throw new ArgumentException($"{type} is no hook: it implements neither IConsumerHook nor IProducerHook.");
        }

        _queue.Hooks.Add(make);
        return this;
    }

    /// <summary>Makes the task a service with its name as the key.</summary>
    private void AddDefinition<TDefinition>(string name)
        where TDefinition : TaskDefinition
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Services.TryAddKeyedSingleton(
            name, (provider, _) => provider.GetRequiredService<QueueRegistry>().TaskOf<TDefinition>(name));
    }

    /// <summary>Gives a declared task its handler, or registers it.</summary>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    private static void Handle<TDefinition>(
        TaskQueue queue,
        string name,
        Delegate handler,
        Action<TaskOptions>? configure,
        bool mayConfigureDeclared,
        Func<TaskOptions, TDefinition> register)
        where TDefinition : TaskDefinition
    {
        if (!queue.Tasks.TryGetValue(name, out TaskDefinition? declared))
        {
            var options = new TaskOptions { Name = name, Handler = handler };
            configure?.Invoke(options);
            if (options.Name != name)
            {
                throw new InvalidOperationException(
                    $"Queue '{queue.Name}': task '{name}' was renamed to '{options.Name}' by its options; give AddTask that name.");
            }

            register(options);
            return;
        }

        if (declared is not TDefinition)
        {
            throw new InvalidOperationException(
                $"Queue '{queue.Name}': task '{name}' is declared as {declared.GetType()}, so it can't be added as {typeof(TDefinition)}.");
        }

        if (configure is not null && !mayConfigureDeclared)
        {
            throw new InvalidOperationException(
                $"Queue '{queue.Name}': task '{name}' is declared already, so its options can't be set here; set them where it is declared.");
        }

        declared.Handle(handler);
    }

    /// <summary>Fails now rather than at the first message when nothing can make the instance.</summary>
    private static void CheckCreation<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(IServiceProvider services)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } known || !known.IsService(typeof(T)))
        {
            _ = ActivatorUtilities.CreateFactory(typeof(T), []);
        }
    }
}

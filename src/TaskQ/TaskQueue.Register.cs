using System.Diagnostics.CodeAnalysis;
using TaskQ.Registry;

namespace TaskQ;

public sealed partial class TaskQueue
{
    private readonly TaskRegistry _registry = new();

    /// <summary>The tasks that are registered, by name; aliases are not listed.</summary>
    public IReadOnlyDictionary<string, TaskDefinition> Tasks => _registry.AsReadOnlyDictionary();

    /// <summary>Registers a delegate as a task.</summary>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a parameter of the handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition RegisterTask(string name, Delegate handler)
    {
        if (handler is null)
        {
            throw new ArgumentNullException(nameof(handler), $"Task '{name}': the handler is null; declare a task without one by RegisterTask(name).");
        }

        return RegisterTask(new TaskOptions { Name = name, Handler = handler });
    }

    /// <summary>Registers a task.</summary>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition RegisterTask(TaskOptions options) =>
        Register(new TaskDefinition(this, TaskOptionsValidator.ValidateAndCopy(options), declaredSchema: null));

    /// <summary>Declares a task without arguments and without a handler, which <see cref="TaskDefinition.Handle"/> may give later.</summary>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition RegisterTask(string name) =>
        Register(new TaskDefinition(this, OptionsFor(name), declaredSchema: null));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1> RegisterTask<T1>(string name) =>
        Register(new TaskDefinition<T1>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1> RegisterTask<T1>(TaskOptions options) =>
        Register(new TaskDefinition<T1>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1, T2> RegisterTask<T1, T2>(string name) =>
        Register(new TaskDefinition<T1, T2>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1, T2> RegisterTask<T1, T2>(TaskOptions options) =>
        Register(new TaskDefinition<T1, T2>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1, T2, T3> RegisterTask<T1, T2, T3>(string name) =>
        Register(new TaskDefinition<T1, T2, T3>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1, T2, T3> RegisterTask<T1, T2, T3>(TaskOptions options) =>
        Register(new TaskDefinition<T1, T2, T3>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1, T2, T3, T4> RegisterTask<T1, T2, T3, T4>(string name) =>
        Register(new TaskDefinition<T1, T2, T3, T4>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1, T2, T3, T4> RegisterTask<T1, T2, T3, T4>(TaskOptions options) =>
        Register(new TaskDefinition<T1, T2, T3, T4>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1, T2, T3, T4, T5> RegisterTask<T1, T2, T3, T4, T5>(string name) =>
        Register(new TaskDefinition<T1, T2, T3, T4, T5>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1, T2, T3, T4, T5> RegisterTask<T1, T2, T3, T4, T5>(TaskOptions options) =>
        Register(new TaskDefinition<T1, T2, T3, T4, T5>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Declares a typed task, without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <typeparam name="T6">The type of the sixth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">The name or a type is not valid.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    public TaskDefinition<T1, T2, T3, T4, T5, T6> RegisterTask<T1, T2, T3, T4, T5, T6>(string name) =>
        Register(new TaskDefinition<T1, T2, T3, T4, T5, T6>(this, OptionsFor(name)));

    /// <summary>Registers a typed task, with or without a handler.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <typeparam name="T6">The type of the sixth argument.</typeparam>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The task.</returns>
    /// <exception cref="ArgumentException">An option, a type or a parameter of a handler is not valid; the message names it and the reason.</exception>
    /// <exception cref="InvalidOperationException">The queue has a task of that name already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public TaskDefinition<T1, T2, T3, T4, T5, T6> RegisterTask<T1, T2, T3, T4, T5, T6>(TaskOptions options) =>
        Register(new TaskDefinition<T1, T2, T3, T4, T5, T6>(this, TaskOptionsValidator.ValidateAndCopy(options)));

    /// <summary>Finds the task that handles a name: by name, by alias, else the one registered as <c>*</c>; null when there is none.</summary>
    internal TaskDefinition? FindTask(string name) => _registry.Find(name);

    private static TaskOptions OptionsFor(string name) =>
        TaskOptionsValidator.ValidateAndCopy(new TaskOptions { Name = name });

    private TDefinition Register<TDefinition>(TDefinition definition)
        where TDefinition : TaskDefinition
    {
        _registry.Add(definition);
        return definition;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace TaskQ.Hosting;

public sealed partial class QueueBuilder
{
    /// <summary>Registers a delegate as a task. A service with the task's name as the key is its <see cref="TaskDefinition"/>.</summary>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate. Services that it takes are marked with <see cref="InjectAttribute"/>.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, options => queue.RegisterTask(options)));
        return this;
    }

    /// <summary>Declares a task without arguments and without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask(string name)
    {
        AddDefinition<TaskDefinition>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition>(queue, name, () => queue.RegisterTask(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1>>(queue, name, () => queue.RegisterTask<T1>(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1, T2&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1, T2>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1, T2>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1, T2>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1, T2>>(queue, name, () => queue.RegisterTask<T1, T2>(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1, T2, T3&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1, T2, T3>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1, T2, T3>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1, T2, T3>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1, T2, T3>>(queue, name, () => queue.RegisterTask<T1, T2, T3>(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1, T2, T3, T4&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1, T2, T3, T4>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1, T2, T3, T4>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1, T2, T3, T4>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1, T2, T3, T4>>(queue, name, () => queue.RegisterTask<T1, T2, T3, T4>(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1, T2, T3, T4, T5&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1, T2, T3, T4, T5>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4, T5>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1, T2, T3, T4, T5>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1, T2, T3, T4, T5>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4, T5>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1, T2, T3, T4, T5>>(queue, name, () => queue.RegisterTask<T1, T2, T3, T4, T5>(name)));
        return this;
    }

    /// <summary>Registers a typed task. Services with its name as the key are its <see cref="TaskDefinition"/> and <c>TaskDefinition&lt;T1, T2, T3, T4, T5, T6&gt;</c>.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <typeparam name="T6">The type of the sixth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <param name="handler">Any delegate that takes the arguments; what it takes after them are services.</param>
    /// <param name="configure">Sets the task's options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    [RequiresUnreferencedCode(ReadByReflection)]
    [RequiresDynamicCode(CompiledAtRunTime)]
    public QueueBuilder AddTask<T1, T2, T3, T4, T5, T6>(string name, Delegate handler, Action<TaskOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4, T5, T6>>(name);
        _queue.Handlers.Add((_, queue) => Handle(
            queue, name, handler, configure, mayConfigureDeclared: false, queue.RegisterTask<T1, T2, T3, T4, T5, T6>));
        return this;
    }

    /// <summary>Declares a typed task without a handler, for a host that adds messages and runs none. Declared twice, it is one task.</summary>
    /// <typeparam name="T1">The type of the first argument.</typeparam>
    /// <typeparam name="T2">The type of the second argument.</typeparam>
    /// <typeparam name="T3">The type of the third argument.</typeparam>
    /// <typeparam name="T4">The type of the fourth argument.</typeparam>
    /// <typeparam name="T5">The type of the fifth argument.</typeparam>
    /// <typeparam name="T6">The type of the sixth argument.</typeparam>
    /// <param name="name">The task's name on the wire.</param>
    /// <returns>The same builder.</returns>
    public QueueBuilder AddTask<T1, T2, T3, T4, T5, T6>(string name)
    {
        AddDefinition<TaskDefinition>(name);
        AddDefinition<TaskDefinition<T1, T2, T3, T4, T5, T6>>(name);
        _queue.Declarations.Add((_, queue) => Declare<TaskDefinition<T1, T2, T3, T4, T5, T6>>(queue, name, () => queue.RegisterTask<T1, T2, T3, T4, T5, T6>(name)));
        return this;
    }

    /// <summary>Declares a task, unless it is declared with the same types already.</summary>
    private static void Declare<TDefinition>(TaskQueue queue, string name, Func<TDefinition> register)
        where TDefinition : TaskDefinition
    {
        if (queue.Tasks.GetValueOrDefault(name)?.GetType() != typeof(TDefinition))
        {
            register();
        }
    }
}

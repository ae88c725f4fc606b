using System.Diagnostics.CodeAnalysis;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>A task that is registered on a queue: makes messages, and runs them where it has a handler.</summary>
public class TaskDefinition
{
    /// <param name="queue">The queue it is registered on.</param>
    /// <param name="options">A validated copy.</param>
    /// <param name="argumentTypes">The declared types of its arguments, null when they come from the handler.</param>
    internal TaskDefinition(TaskQueue queue, TaskOptions options, Type[]? argumentTypes)
    {
        Queue = queue;
        Options = options;
        ArgumentTypes = argumentTypes;
    }

    /// <summary>The task's name on the wire.</summary>
    public string Name => Options.Name;

    /// <summary>The options it was registered with; changes have no effect.</summary>
    public TaskOptions Options { get; }

    internal TaskQueue Queue { get; }

    internal Type[]? ArgumentTypes { get; }

    /// <summary>The compiled handler, null until there is one.</summary>
    internal BoundHandler? Handler { get; private set; }

    /// <summary>The compiled fallback handler, null when there is none.</summary>
    internal BoundHandler? Fallback { get; private set; }

    /// <summary>Makes a message of this task.</summary>
    /// <param name="args">The arguments, in the order of the handler's parameters.</param>
    /// <returns>The message, to be added to the queue.</returns>
    /// <exception cref="ArgumentException">There are too few or too many, or one is not convertible; the message says which.</exception>
    public TaskMessage WithArgs(params object?[] args) => throw new NotImplementedException();

    /// <summary>Gives the task its handler, in the binary that runs it.</summary>
    /// <param name="handler">Any delegate whose payload parameters are the task's arguments.</param>
    /// <exception cref="ArgumentException">A parameter can't be taken, or doesn't match the declared arguments.</exception>
    /// <exception cref="InvalidOperationException">The task has a handler already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public void Handle(Delegate handler) => throw new NotImplementedException();
}

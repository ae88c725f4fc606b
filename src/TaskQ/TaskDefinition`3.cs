using System.Runtime.CompilerServices;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>A task whose arguments are checked by the compiler.</summary>
/// <typeparam name="T1">The type of the first argument.</typeparam>
/// <typeparam name="T2">The type of the second argument.</typeparam>
/// <typeparam name="T3">The type of the third argument.</typeparam>
public sealed class TaskDefinition<T1, T2, T3> : TaskDefinition
{
    internal TaskDefinition(TaskQueue queue, TaskOptions options)
        : base(
            queue,
            options,
            ArgumentSchema.Declare(
                options.Name,
                new ArgumentCodec<T1>(queue.Options.Serializer),
                new ArgumentCodec<T2>(queue.Options.Serializer),
                new ArgumentCodec<T3>(queue.Options.Serializer)))
    {
    }

    /// <summary>Makes a message of this task.</summary>
    /// <param name="arg1">The first argument.</param>
    /// <param name="arg2">The second argument.</param>
    /// <param name="arg3">The third argument.</param>
    /// <returns>The message, to be added to the queue.</returns>
    public TaskMessage WithArgs(T1 arg1, T2 arg2, T3 arg3) =>
        CreateMessage(new Arguments<T1, T2, T3>(arg1, arg2, arg3, DeclaredSchema!));

    /// <summary>Not for a typed task: the overload with its types checks the arguments when it is compiled.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>Nothing.</returns>
    [OverloadResolutionPriority(-1)] // A null must mean the typed overload, not be ambiguous.
    [Obsolete("The arguments don't match the task's types; call the overload that takes them.", error: true)]
    public new TaskMessage WithArgs(params object?[] args) => base.WithArgs(args);
}

using System.Diagnostics.CodeAnalysis;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>A task that is registered on a queue: makes messages, and runs them where it has a handler.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public class TaskDefinition
{
    private HandlerBinding _binding;

    /// <param name="queue">The queue it is registered on.</param>
    /// <param name="options">A validated copy.</param>
    /// <param name="declaredSchema">The declared arguments, null when the handler's parameters decide.</param>
    /// <exception cref="ArgumentException">A handler or one of its parameters can't be taken.</exception>
    internal TaskDefinition(TaskQueue queue, TaskOptions options, ArgumentSchema? declaredSchema)
    {
        Queue = queue;
        Options = options;
        DeclaredSchema = declaredSchema;
        _binding = Bind(options.Handler);
    }

    /// <summary>The task's name on the wire.</summary>
    public string Name => Options.Name;

    /// <summary>The options it was registered with; changes have no effect.</summary>
    public TaskOptions Options { get; }

    /// <summary>The queue it is registered on.</summary>
    internal TaskQueue Queue { get; }

    /// <summary>The declared arguments, null when the handler's parameters decide.</summary>
    internal ArgumentSchema? DeclaredSchema { get; }

    /// <summary>The declared types of its arguments, null when they come from the handler.</summary>
    internal Type[]? ArgumentTypes => DeclaredSchema?.Types;

    /// <summary>The compiled handler, null until there is one.</summary>
    internal BoundHandler? Handler => Volatile.Read(ref _binding).Handler;

    /// <summary>The compiled fallback handler, null when there is none.</summary>
    internal BoundHandler? Fallback => Volatile.Read(ref _binding).Fallback;

    /// <summary>Makes a message of this task.</summary>
    /// <param name="args">The arguments, in the order of the handler's parameters.</param>
    /// <returns>The message, to be added to the queue.</returns>
    /// <exception cref="ArgumentException">There are too few or too many, or one is not convertible; the message says which.</exception>
    public TaskMessage WithArgs(params object?[] args)
    {
        BoundHandler? handler = Handler;
        if (DeclaredSchema is null && (handler is null ? Name == TaskRegistry.CatchAll : handler.AcceptsAny))
        {
            return CreateMessage(ArgumentChecker.TakeAny(args));
        }

        if ((DeclaredSchema ?? handler?.Arguments) is { } schema)
        {
            return CreateMessage(ArgumentChecker.Check(schema, args));
        }

        return args is { Length: 0 }
            ? CreateMessage(ArgumentArray.Empty)
            : throw new ArgumentException(
                $"Task '{Name}' has neither declared arguments nor a handler, so it takes none, but {args?.Length ?? 1} given. "
                + $"Declare it with their types: RegisterTask<T1, ...>(\"{Name}\").",
                nameof(args));
    }

    /// <summary>Gives the task its handler, in the binary that runs it.</summary>
    /// <param name="handler">Any delegate whose payload parameters are the task's arguments.</param>
    /// <exception cref="ArgumentException">A parameter can't be taken, or doesn't match the declared arguments.</exception>
    /// <exception cref="InvalidOperationException">The task has a handler already.</exception>
    [RequiresUnreferencedCode("The handler's parameters are read by reflection.")]
    [RequiresDynamicCode("The handler is compiled at run time.")]
    public void Handle(Delegate handler)
    {
        if (handler is null)
        {
            throw new ArgumentNullException(nameof(handler), $"Task '{Name}': the handler is null.");
        }

        HandlerBinding before = Volatile.Read(ref _binding);
        if (before.Handler is null)
        {
            HandlerBinding binding = Bind(handler);
            if (Interlocked.CompareExchange(ref _binding, binding, before) == before)
            {
                return;
            }
        }

        throw new InvalidOperationException(
            $"Task '{Name}' of queue '{Queue.Name}' has a handler already; a task has one. Register a second task for a second handler.");
    }

    /// <summary>Makes a message of arguments that are known to fit.</summary>
    private protected TaskMessage CreateMessage(MessageArguments arguments) => new(this, default, arguments);

    private HandlerBinding Bind(Delegate? handler)
    {
        var binder = new HandlerBinder(Name, Queue.Options.Serializer);
        BoundHandler? bound = handler is null ? null : binder.BindHandler(handler, DeclaredSchema);
        BoundHandler? fallback = Options.FallbackHandler is { } delegated
            ? binder.BindFallback(delegated, bound?.Arguments ?? DeclaredSchema, DeclaredSchema is not null)
            : null;
        return new HandlerBinding(bound, fallback);
    }
}

namespace TaskQ;

/// <summary>One run of a message, as its handler and the hooks see it.</summary>
public sealed class TaskContext
{
    private readonly Dispatch.Invocation _invocation;
    private Dictionary<object, object?>? _items;

    internal TaskContext(Dispatch.Invocation invocation) => _invocation = invocation;

    /// <summary>The message.</summary>
    public TaskMessage Message => _invocation.Message;

    /// <summary>The queue that the message came from.</summary>
    public TaskQueue Queue => _invocation.Queue;

    /// <summary>Which delivery this is, 1 for the first.</summary>
    public int Attempt => Message.Attempt;

    /// <summary>The services of the message's scope; empty when the queue has no <see cref="QueueOptions.Services"/>.</summary>
    public IServiceProvider Services => _invocation.Services;

    /// <summary>Cancelled by the task's timeout, an operator's cancel, a lost lease, or the end of a stop's patience.</summary>
    public CancellationToken CancellationToken => _invocation.CancellationToken;

    /// <summary>What hooks and the handler share in this run; empty at its start.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    internal Dispatch.Invocation Invocation => _invocation;
}

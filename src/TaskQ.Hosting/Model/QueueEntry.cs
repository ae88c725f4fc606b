namespace TaskQ.Hosting.Model;

/// <summary>A queue as the host described it.</summary>
internal sealed class QueueEntry(string name, BackendEntry? nearest)
{
    public string Name { get; } = name;

    /// <summary>The backend that the queue itself names.</summary>
    public BackendEntry? Own { get; set; }

    /// <summary>The backend that was named last before the queue was added.</summary>
    public BackendEntry? Nearest { get; } = nearest;

    /// <summary>What declares tasks; all of it comes before the handlers, so that the order of calls does not matter.</summary>
    public List<Action<QueueRegistry, TaskQueue>> Declarations { get; } = [];

    /// <summary>What gives tasks their handlers.</summary>
    public List<Action<QueueRegistry, TaskQueue>> Handlers { get; } = [];

    /// <summary>What makes the queue's own hooks.</summary>
    public List<Func<IServiceProvider, object>> Hooks { get; } = [];
}

using Microsoft.Extensions.DependencyInjection;
using TaskQ.Registry;

namespace TaskQ.Dispatch;

/// <summary>What a running handler may ask for beside its arguments. Created only for handlers and hooks that do.</summary>
internal sealed class Invocation : IAsyncDisposable
{
    private readonly Lock _scopeLock = new();
    private AsyncServiceScope? _scope;
    private TaskContext? _context;

    public Invocation(TaskMessage message, TaskQueue queue, CancellationToken cancellationToken)
    {
        Message = message;
        Queue = queue;
        CancellationToken = cancellationToken;
    }

    public TaskMessage Message { get; }

    public TaskQueue Queue { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The last exception, for a fallback handler.</summary>
    public Exception? Error { get; init; }

    /// <summary>What the innermost hook calls.</summary>
    public BoundHandler? Handler { get; init; }

    /// <summary>Whether the handler itself succeeded, whatever the hooks round it did then.</summary>
    public bool HandlerSucceeded { get; set; }

    public TaskContext Context => _context ??= new TaskContext(this);

    /// <summary>The scope's services; the scope is opened at first use.</summary>
    public IServiceProvider Services
    {
        get
        {
            if (Queue.Options.Services is not { } root)
            {
                return EmptyServiceProvider.Instance;
            }

            // A handler may ask from several threads at once.
            lock (_scopeLock)
            {
                _scope ??= root.CreateAsyncScope();
                return _scope.Value.ServiceProvider;
            }
        }
    }

    public ValueTask DisposeAsync() => _scope?.DisposeAsync() ?? default;
}

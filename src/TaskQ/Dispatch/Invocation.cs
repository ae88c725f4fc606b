using Microsoft.Extensions.DependencyInjection;
using TaskQ.Registry;

namespace TaskQ.Dispatch;

/// <summary>What a running handler may ask for beside its arguments. Created only for handlers and hooks that do.</summary>
internal sealed class Invocation : IAsyncDisposable
{
    private readonly Lock _scopeLock = new();
    private AsyncServiceScope? _scope;
    private TaskContext? _context;
    private object? _made;

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

    /// <summary>Takes the instance that was made for this run and that nobody else disposes.</summary>
    public void DisposeAtEnd(object made) => _made = made;

    public ValueTask DisposeAsync() =>
        _made is IAsyncDisposable or IDisposable ? DisposeMadeAsync() : _scope?.DisposeAsync() ?? default;

    private async ValueTask DisposeMadeAsync()
    {
        try
        {
            if (_made is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                ((IDisposable)_made!).Dispose();
            }
        }
        finally
        {
            // Its own services go after it.
            if (_scope is { } scope)
            {
                await scope.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

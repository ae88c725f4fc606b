using TaskQ.Backend;

namespace TaskQ;

/// <summary>The queues of one store.</summary>
public abstract class QueueFactory : IAsyncDisposable
{
    /// <summary>The queues that are registered, in the order of their registration.</summary>
    public IReadOnlyCollection<TaskQueue> Queues => throw new NotImplementedException();

    /// <summary>Registers a queue.</summary>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    /// <exception cref="InvalidOperationException">A queue of that name is registered already.</exception>
    public TaskQueue RegisterQueue(QueueOptions options) => throw new NotImplementedException();

    /// <summary>Starts the consumers of all queues.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when all have started.</returns>
    /// <exception cref="AggregateException">Some could not start; it holds an exception for each.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops the consumers of all queues at the same time.</summary>
    /// <param name="timeout">How long running handlers may take to end.</param>
    /// <returns>A task that ends when all have stopped.</returns>
    /// <exception cref="AggregateException">Some could not stop; it holds an exception for each.</exception>
    public Task StopAsync(TimeSpan timeout) => throw new NotImplementedException();

    /// <summary>Stops all queues and closes the store.</summary>
    /// <returns>A task that ends when that is done.</returns>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return DisposeAsyncCore();
    }

    /// <summary>Opens the store of one queue.</summary>
    /// <param name="options">The queue's options, validated; <see cref="QueueOptions.FetchBatchSize"/> may still be null.</param>
    /// <returns>The queue's store.</returns>
    protected abstract IQueueBackend CreateBackend(QueueOptions options);

    /// <summary>Closes what the factory holds, after its queues are closed.</summary>
    /// <returns>A task that ends when that is done.</returns>
    protected virtual ValueTask DisposeAsyncCore() => default;
}

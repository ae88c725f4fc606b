using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Registry;

namespace TaskQ;

/// <summary>The queues of one store.</summary>
public abstract class QueueFactory : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<TaskQueue> _queues = [];
    private bool _disposed;

    /// <summary>The queues that are registered, in the order of their registration.</summary>
    public IReadOnlyCollection<TaskQueue> Queues
    {
        get
        {
            lock (_lock)
            {
                return [.. _queues];
            }
        }
    }

    /// <summary>Registers a queue.</summary>
    /// <param name="options">Its options; they are copied.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    /// <exception cref="InvalidOperationException">A queue of that name is registered already.</exception>
    /// <exception cref="ObjectDisposedException">The factory is disposed.</exception>
    public TaskQueue RegisterQueue(QueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        QueueOptions copy = options.Copy();
        QueueOptionsValidator.Validate(copy);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_queues.Exists(queue => queue.Name == copy.Name))
            {
                throw new InvalidOperationException($"Queue '{copy.Name}' is registered already.");
            }

            IQueueBackend backend = CreateBackend(copy);
            try
            {
                backend = Coordinator is { } coordinator ? CoordinatedBackend.Over(backend, coordinator, copy) : backend;
                QueueOptionsValidator.ValidateAgainst(copy, backend.Capabilities);
            }
            catch
            {
                _ = backend.DisposeAsync().AsTask();
                throw;
            }

            var queue = new TaskQueue(copy, backend);
            _queues.Add(queue);
            return queue;
        }
    }

    /// <summary>What serves names, limits, dead letters, pauses and cancelling where the store does not. The default is null: nothing.</summary>
    protected virtual IQueueCoordinatorFactory? Coordinator => null;

    /// <summary>Starts the consumers of all queues.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when all have started.</returns>
    /// <exception cref="AggregateException">Some could not start; it holds an exception for each.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        ForEachQueueAsync("start", queue => queue.StartAsync(cancellationToken));

    /// <summary>Stops the consumers of all queues at the same time.</summary>
    /// <param name="timeout">How long running handlers may take, at least zero; more than 49 days means 49 days.</param>
    /// <returns>A task that ends when all have stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="AggregateException">Some could not stop; it holds an exception for each.</exception>
    public Task StopAsync(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return ForEachQueueAsync("stop", queue => queue.StopAsync(timeout));
    }

    /// <summary>Stops all queues and closes the store.</summary>
    /// <returns>A task that ends when that is done.</returns>
    /// <exception cref="AggregateException">Some queues could not stop; it holds an exception for each.</exception>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        GC.SuppressFinalize(this);
        try
        {
            await ForEachQueueAsync("close", queue => queue.DisposeAsync().AsTask()).ConfigureAwait(false);
        }
        finally
        {
            await DisposeAsyncCore().ConfigureAwait(false);
        }
    }

    /// <summary>Opens the store of one queue.</summary>
    /// <param name="options">The queue's options, validated; <see cref="QueueOptions.FetchBatchSize"/> may still be null.</param>
    /// <returns>The queue's store.</returns>
    protected abstract IQueueBackend CreateBackend(QueueOptions options);

    /// <summary>Closes what the factory holds, after its queues are closed.</summary>
    /// <returns>A task that ends when that is done.</returns>
    protected virtual ValueTask DisposeAsyncCore() => default;

    private async Task ForEachQueueAsync(string verb, Func<TaskQueue, Task> action)
    {
        var failures = new List<Exception>();
        Task RunAsync(TaskQueue queue)
        {
            try
            {
                return action(queue);
            }
#pragma warning disable CA1031 // One queue's failure must not keep the others from their turn; all are thrown together.
            catch (Exception error)
            {
                return Task.FromException(error);
            }
        }

        foreach ((TaskQueue queue, Task task) in Queues.Select(queue => (queue, RunAsync(queue))).ToList())
        {
            try
            {
                await task.ConfigureAwait(false);
            }
            catch (Exception error)
#pragma warning restore CA1031
            {
                failures.Add(new InvalidOperationException($"Queue '{queue.Name}' could not {verb}: {error.Message}", error));
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException($"{failures.Count} of the queues could not {verb}.", failures);
        }
    }
}

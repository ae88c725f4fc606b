using TaskQ.Add;
using TaskQ.Backend;

namespace TaskQ;

/// <summary>A queue: tasks are registered on it, messages are added to it and run by its consumer.</summary>
public sealed partial class TaskQueue : IAsyncDisposable
{
    internal TaskQueue(QueueOptions options, IQueueBackend backend)
    {
        Options = options;
        Backend = backend;
        Ids = new IdGenerator(options.TimeProvider);
    }

    /// <summary>The queue's name.</summary>
    public string Name => Options.Name;

    /// <summary>The options it was registered with; changes have no effect.</summary>
    public QueueOptions Options { get; }

    /// <summary>What fetches and runs the messages; it does nothing until it is started.</summary>
    public TaskConsumer Consumer => throw new NotImplementedException();

    internal IQueueBackend Backend { get; }

    internal IdGenerator Ids { get; }

    /// <summary>Starts the consumer.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when it has started.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => Consumer.StartAsync(cancellationToken);

    /// <summary>Stops the consumer; see <see cref="TaskConsumer.StopAsync"/>.</summary>
    /// <param name="timeout">How long running handlers may take, at least zero.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public Task StopAsync(TimeSpan timeout) => Consumer.StopAsync(timeout);

    /// <summary>Stops the queue within 30 s and closes its store.</summary>
    /// <returns>A task that ends when that is done.</returns>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Add;
using TaskQ.Add.Encode;
using TaskQ.Backend;
using TaskQ.Telemetry;

namespace TaskQ;

/// <summary>A queue: tasks are registered on it, messages are added to it and run by its consumer.</summary>
public sealed partial class TaskQueue : IAsyncDisposable
{
    private readonly Adder _adder;
    private int _disposed;

    /// <param name="options">A validated copy.</param>
    /// <param name="backend">The queue's store, which the queue closes.</param>
    internal TaskQueue(QueueOptions options, IQueueBackend backend)
    {
        Options = options;
        Backend = backend;
        options.FetchBatchSize ??= backend.Capabilities.DefaultFetchBatch;
        options.BufferSize ??= QueueDefaults.BuffersPerFetch * options.FetchBatchSize;
        options.MaxMessageSize = Math.Min(options.MaxMessageSize, backend.Capabilities.MaxMessageSize);
        Ids = new IdGenerator(options.TimeProvider);
        Codec = new FrameCodec(options);
        Metrics = new QueueMetrics(this);
        _adder = new Adder(this);
        ILoggerFactory loggers = options.Services?.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
        Consumer = new TaskConsumer(this, new SafeLogger(loggers.CreateLogger("TaskQ")));
    }

    /// <summary>The queue's name.</summary>
    public string Name => Options.Name;

    /// <summary>The options it was registered with, the backend's defaults filled in; changes have no effect.</summary>
    public QueueOptions Options { get; }

    /// <summary>What fetches and runs the messages; it does nothing until it is started.</summary>
    public TaskConsumer Consumer { get; }

    /// <summary>What the queue's store can do by itself.</summary>
    public BackendCapabilities Capabilities => Backend.Capabilities;

    /// <summary>The store: for packages that extend a backend. What it does bypasses every policy of the core.</summary>
    public IQueueBackend Backend { get; }

    internal IdGenerator Ids { get; }

    internal FrameCodec Codec { get; }

    internal QueueMetrics Metrics { get; }

    /// <summary>Starts the consumer; see <see cref="TaskConsumer.StartAsync"/>.</summary>
    /// <param name="cancellationToken">Cancels the start, not the work.</param>
    /// <returns>A task that ends when it has started.</returns>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <exception cref="ObjectDisposedException">The queue is disposed.</exception>
    /// <exception cref="NotSupportedException">The store can't keep queues, such as a server that is too old.</exception>
    /// <exception cref="UnauthorizedAccessException">The store refuses what its backend needs.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled, or the consumer stopped meanwhile.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => Consumer.StartAsync(cancellationToken);

    /// <summary>Stops the consumer; see <see cref="TaskConsumer.StopAsync"/>.</summary>
    /// <param name="timeout">How long running handlers may take, at least zero; more than 49 days means 49 days.</param>
    /// <param name="cancellationToken">Ends that time early, not the stop. Of a stop that is under way already it changes nothing.</param>
    /// <returns>A task that ends when it has stopped.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    public Task StopAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => Consumer.StopAsync(timeout, cancellationToken);

    /// <summary>Stops the queue within 30 s and closes its store.</summary>
    /// <returns>A task that ends when that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            await Consumer.DisposeAsync(QueueDefaults.StopTimeout).ConfigureAwait(false);
        }
        finally
        {
            Metrics.Dispose();
            await Backend.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"queue '{Name}'";

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}

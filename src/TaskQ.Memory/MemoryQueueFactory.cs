using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Memory;

/// <summary>Queues in the memory of this process; what is in them ends with it.</summary>
public sealed class MemoryQueueFactory : QueueFactory, IQueueCoordinatorFactory
{
    private readonly MemoryOptions _options;
    private readonly MemoryStore _store;

    /// <summary>Creates a factory.</summary>
    /// <param name="options">The options; they are copied. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    public MemoryQueueFactory(MemoryOptions? options = null)
        : this(options, new MemoryStore())
    {
    }

    /// <summary>Creates a factory over a store that another one may use too, as two processes use one server.</summary>
    internal MemoryQueueFactory(MemoryOptions? options, MemoryStore store)
    {
        _options = options?.Copy() ?? new MemoryOptions();
        _options.Validate();
        _store = store;
    }

    /// <summary>Where the queues live.</summary>
    internal MemoryStore Store => _store;

    /// <inheritdoc/>
    /// <remarks>It is for tests of queues whose stores need a companion. It lasts as long as the factory and its process.</remarks>
    public IQueueCoordinator CreateCoordinator(QueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return _store.OpenCoordinator(options, _options);
    }

    /// <inheritdoc/>
    protected override IQueueBackend CreateBackend(QueueOptions options) => _store.Open(options, _options);
}

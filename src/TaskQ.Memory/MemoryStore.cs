using TaskQ.Memory.Coordinate;

namespace TaskQ.Memory;

/// <summary>The queues of a factory, or of several factories that stand for several processes in a test.</summary>
internal sealed class MemoryStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemoryQueueBackend> _queues = new(StringComparer.Ordinal);

    private readonly Dictionary<string, MemoryCoordinator> _coordinators = new(StringComparer.Ordinal);

    /// <summary>Told the id of each message that is stored anew, under the queue's lock; null for nobody.</summary>
    public Action<Guid>? Stored { get; init; }

    public MemoryQueueBackend[] Queues
    {
        get
        {
            lock (_lock)
            {
                return [.. _queues.Values];
            }
        }
    }

    public MemoryQueueBackend Find(string name)
    {
        lock (_lock)
        {
            return _queues[name];
        }
    }

    /// <summary>The queue of that name; the first who opens it decides its options, the last who closes it ends it.</summary>
    public MemoryQueueBackend Open(QueueOptions options, MemoryOptions memory)
    {
        lock (_lock)
        {
            if (_queues.TryGetValue(options.Name, out var queue) && queue.TryShare())
            {
                return queue;
            }

            queue = new MemoryQueueBackend(options, memory, Stored);
            _queues[options.Name] = queue;
            return queue;
        }
    }

    /// <summary>The companion store of the queue of that name; the first who opens it decides its options. It lasts as long as this store.</summary>
    public MemoryCoordinator OpenCoordinator(QueueOptions options, MemoryOptions memory)
    {
        lock (_lock)
        {
            if (!_coordinators.TryGetValue(options.Name, out MemoryCoordinator? coordinator))
            {
                coordinator = new MemoryCoordinator(options, memory);
                _coordinators[options.Name] = coordinator;
            }

            return coordinator;
        }
    }
}

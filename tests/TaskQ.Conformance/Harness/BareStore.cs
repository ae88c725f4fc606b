using TaskQ.Memory;

namespace TaskQ.Conformance.Harness;

/// <summary>Queues in memory that several processes share and that have no notion of much; the last who closes one ends it.</summary>
public sealed class BareStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (MemoryQueueFactory Factory, TaskQueue Queue, int Users)> _queues = [];

    public BareBackend Open(QueueOptions options)
    {
        lock (_lock)
        {
            if (!_queues.TryGetValue(options.Name, out var open))
            {
                var unlimited = options.Copy();
                unlimited.WorkerLimit = null;
                unlimited.RateLimit = null;
                var factory = new MemoryQueueFactory(new MemoryOptions { EncodeMessages = true });
                open = (factory, factory.RegisterQueue(unlimited), 0);
            }

            _queues[options.Name] = open with { Users = open.Users + 1 };
            return new BareBackend(open.Queue.Backend, () => CloseAsync(options.Name));
        }
    }

    private ValueTask CloseAsync(string name)
    {
        lock (_lock)
        {
            var open = _queues[name];
            if (open.Users > 1)
            {
                _queues[name] = open with { Users = open.Users - 1 };
                return default;
            }

            _queues.Remove(name);
            return open.Factory.DisposeAsync();
        }
    }
}

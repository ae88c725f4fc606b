using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

/// <summary>Bare queues in memory with a companion in Redis: each factory has a connection of its own, and the scripts take the time of a fake clock.</summary>
internal sealed class RedisCoordinatedFixture : CoordinatedFixture
{
    private RedisCoordinatedFixture(string configuration, Connections connections)
        : base(() => connections.Open(configuration), connections.AreBusy)
    {
    }

    public RedisCoordinatedFixture(RedisServer server)
        : this(server.Configuration)
    {
    }

    public RedisCoordinatedFixture(string configuration)
        : this(configuration, new Connections())
    {
    }

    private sealed class Connections
    {
        private readonly Lock _lock = new();
        private readonly List<RedisQueueFactory> _factories = [];

        public RedisQueueFactory Open(string configuration)
        {
            var factory = new RedisQueueFactory(configuration, new RedisOptions { UseQueueClock = true });
            lock (_lock)
            {
                _factories.Add(factory);
            }

            return factory;
        }

        public bool AreBusy()
        {
            lock (_lock)
            {
                return _factories.Exists(static factory => factory.PendingCalls > 0);
            }
        }
    }
}

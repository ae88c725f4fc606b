using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

/// <summary>The Redis backend under the conformance suite: each factory has a connection of its own, and the scripts take the time of a fake clock.</summary>
internal sealed class RedisFixture : BackendFixture
{
    private readonly string _configuration;
    private readonly ObservedClock _clock;
    private readonly Lock _lock = new();
    private readonly List<RedisQueueFactory> _factories = [];

    public RedisFixture(RedisServer server)
        : this(server.Configuration)
    {
    }

    public RedisFixture(string configuration)
    {
        _configuration = configuration;
        _clock = new ObservedClock(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero)) { IsBusy = IsBusy };
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(5);

    public override QueueFactory CreateFactory()
    {
        var factory = new RedisQueueFactory(_configuration, new RedisOptions { UseQueueClock = true });
        lock (_lock)
        {
            _factories.Add(factory);
        }

        return factory;
    }

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => _clock.AdvanceAsync(by, step);

    public override Task SettleAsync() => _clock.SettleAsync();

    private bool IsBusy()
    {
        lock (_lock)
        {
            return _factories.Exists(static factory => factory.PendingCalls > 0);
        }
    }
}

using TaskQ.Conformance.Harness;
using TaskQ.Redis;
using TaskQ.Sqs.Tests.Fake;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated;

/// <summary>The SQS backend over a service in this process, with a companion in a Redis server: each factory has its own connection, and one fake clock rules all.</summary>
internal sealed class CoordinatedSqsFixture : BackendFixture
{
    private readonly string _configuration;
    private readonly bool _fifo;
    private readonly ObservedClock _clock;
    private readonly FakeSqs _sqs;
    private readonly Lock _lock = new();
    private readonly List<RedisQueueFactory> _companions = [];

    /// <param name="companion">The Redis server.</param>
    /// <param name="fifo">Whether its queues are FIFO queues, in which each message is a group.</param>
    public CoordinatedSqsFixture(RedisCompanion companion, bool fifo = false)
    {
        _configuration = companion.Configuration;
        _fifo = fifo;
        _clock = new ObservedClock(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero)) { IsBusy = IsBusy };
        _sqs = new FakeSqs(_clock);
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override bool FreesNamesAtOnce => false;

    public override bool RemembersIds => _fifo;

    public override bool TellsCrashes => !_fifo;

    public override bool WaitsAside => !_fifo;

    public override bool CountsOneRelease => !_fifo;

    public override bool KeepsDueOrder => false;

    public override bool TakesAnyName => false;

    public override TimeSpan LongestLease => TimeSpan.FromHours(12);

    // SQS counts in whole seconds.
    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(1005);

    public override QueueFactory CreateFactory()
    {
        var companion = new RedisQueueFactory(_configuration, new RedisOptions { UseQueueClock = true });
        lock (_lock)
        {
            _companions.Add(companion);
        }

        var options = new SqsOptions { CreateQueues = true, BatchWindow = TimeSpan.FromMilliseconds(1), Coordinator = companion };
        return _fifo ? new FifoFactory(options, fifo => new SqsQueueFactory(_sqs, fifo)) : new SqsQueueFactory(_sqs, options);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (RedisQueueFactory companion in _companions)
        {
            await companion.DisposeAsync();
        }
    }

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => _clock.AdvanceAsync(by, step);

    public override Task SettleAsync() => _clock.SettleAsync();

    private bool IsBusy()
    {
        lock (_lock)
        {
            return _sqs.IsBusy || _companions.Exists(static companion => companion.PendingCalls > 0);
        }
    }
}

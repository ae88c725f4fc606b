using TaskQ.Backend.Coordinate;
using TaskQ.Memory;

namespace TaskQ.Conformance.Harness;

/// <summary>Bare queues in memory with a companion store, ruled by a fake clock.</summary>
public class CoordinatedFixture : BackendFixture
{
    private readonly BareStore _store = new();
    private readonly Func<IQueueCoordinatorFactory> _connect;
    private readonly bool _isOwner;
    private readonly ObservedClock _clock;

    /// <summary>Over a companion store in memory.</summary>
    public CoordinatedFixture()
    {
        var companion = new MemoryQueueFactory();
        _connect = () => companion;
        _clock = NewClock(static () => false);
    }

    /// <summary>Over another companion store, to which each factory has a connection of its own.</summary>
    protected CoordinatedFixture(Func<IQueueCoordinatorFactory> connect, Func<bool> isBusy)
    {
        _connect = connect;
        _isOwner = true;
        _clock = NewClock(isBusy);
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override bool FreesNamesAtOnce => false;

    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(5);

    public override QueueFactory CreateFactory() => new BareFactory(_store, _connect(), _isOwner);

    /// <summary>A process between which and its two stores faults can be put.</summary>
    public FaultyPairFactory CreatePair() => new(_store, _connect(), _isOwner);

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => _clock.AdvanceAsync(by, step);

    public override Task SettleAsync() => _clock.SettleAsync();

    private static ObservedClock NewClock(Func<bool> isBusy) =>
        new(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero)) { IsBusy = isBusy };
}

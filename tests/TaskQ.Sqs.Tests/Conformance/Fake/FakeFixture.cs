using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Tests.Fake;

namespace TaskQ.Sqs.Tests.Conformance.Fake;

/// <summary>The SQS backend over a service in this process, both ruled by a fake clock.</summary>
internal sealed class FakeFixture : BackendFixture
{
    private readonly bool _fifo;
    private readonly ObservedClock _clock;
    private readonly FakeSqs _sqs;

    /// <param name="fifo">Whether its queues are FIFO queues, in which each message is a group.</param>
    public FakeFixture(bool fifo = false)
    {
        _fifo = fifo;
        _clock = new ObservedClock(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero)) { IsBusy = () => _sqs!.IsBusy };
        _sqs = new FakeSqs(_clock);
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override bool RemembersIds => _fifo;

    public override bool TellsCrashes => !_fifo;

    public override bool WaitsAside => !_fifo;

    public override bool CountsOneRelease => !_fifo;

    public override bool SharesPause => false;

    public override bool KeepsDueOrder => false;

    public override bool TakesAnyName => false;

    public override TimeSpan LongestLease => TimeSpan.FromHours(12);

    // SQS counts in whole seconds.
    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(1005);

    public override QueueFactory CreateFactory()
    {
        var options = new SqsOptions { CreateQueues = true, BatchWindow = TimeSpan.FromMilliseconds(1) };
        return _fifo ? new FifoFactory(options, fifo => new SqsQueueFactory(_sqs, fifo)) : new SqsQueueFactory(_sqs, options);
    }

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => _clock.AdvanceAsync(by, step);

    public override Task SettleAsync() => _clock.SettleAsync();
}

using TaskQ.Conformance.Harness;

namespace TaskQ.Memory.Tests.Conformance;

/// <summary>The memory backend under the conformance suite: factories over one store, ruled by a fake clock.</summary>
internal sealed class MemoryFixture(bool encode) : BackendFixture
{
    private readonly MemoryStore _store = new();
    private readonly ObservedClock _clock = new(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero));

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(5);

    public override QueueFactory CreateFactory() => new MemoryQueueFactory(new MemoryOptions { EncodeMessages = encode }, _store);

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => _clock.AdvanceAsync(by, step);

    public override Task SettleAsync() => _clock.SettleAsync();
}

using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

/// <summary>The SQS backend over a real server: time passes by itself.</summary>
internal sealed class SqsFixture(SqsServer server) : BackendFixture
{
    // That server ends a long poll only when it is full or over: short ones stand in for waking up.
    private readonly bool _wakesUp = server is not LocalAwsSqsServer;

    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(60);

    public override TimeProvider TimeProvider => TimeProvider.System;

    public override bool HasFakeClock => false;

    public override bool SharesStore => true;

    public override bool RemembersIds => false;

    public override bool SharesPause => false;

    public override bool KeepsDueOrder => false;

    public override bool TakesAnyName => false;

    public override TimeSpan LongestLease => TimeSpan.FromHours(12);

    // SQS counts in whole seconds.
    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(_wakesUp ? 1400 : 2500);

    public override TimeSpan LongestRealWait => TimeSpan.FromSeconds(8);

    public override QueueFactory CreateFactory() => new SqsQueueFactory(server.Options(options =>
    {
        options.CreateQueues = true;
        options.LongPoll = _wakesUp ? options.LongPoll : TimeSpan.FromSeconds(1);
    }));

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => Task.Delay(by, TimeProvider.System);

    public override Task SettleAsync() => Task.Delay(Calm, TimeProvider.System);
}

using TaskQ.Conformance.Harness;
using TaskQ.Redis;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Conformance.LocalAwsSqs;
using TaskQ.Sqs.Tests.Faults;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance;

/// <summary>The SQS backend over a real server, alone or with a companion: time passes by itself.</summary>
internal sealed class SqsFixture(SqsServer server, RedisCompanion? companion = null, bool fifo = false) : BackendFixture
{
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(60);

    // local-aws-sqs ends a long poll only when it is full or over: short ones stand in for waking up.
    private readonly bool _wakesUp = server is not LocalAwsSqsServer;
    private readonly ReceiptCorrection _correction = new();
    private readonly List<FaultySqs> _clients = [];
    private readonly List<RedisQueueFactory> _companions = [];

    public override TimeProvider TimeProvider => TimeProvider.System;

    public override bool HasFakeClock => false;

    public override bool SharesStore => true;

    public override bool FreesNamesAtOnce => companion is null;

    public override bool RemembersIds => fifo;

    public override bool TellsCrashes => !fifo;

    public override bool WaitsAside => !fifo;

    public override bool CountsOneRelease => !fifo;

    public override bool SharesPause => companion is not null;

    public override bool KeepsDueOrder => false;

    public override bool TakesAnyName => false;

    public override TimeSpan LongestLease => TimeSpan.FromHours(12);

    public override bool PurgesAtOnce => _wakesUp;

    // SQS counts in whole seconds.
    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(_wakesUp ? 1400 : 1900);

    public override TimeSpan LongestRealWait => TimeSpan.FromSeconds(8);

    public override QueueFactory CreateFactory()
    {
        SqsOptions options = server.Options(options =>
        {
            options.CreateQueues = true;
            options.LongPoll = _wakesUp ? options.LongPoll : TimeSpan.FromSeconds(1);
            options.Coordinator = NewCompanion();
        });
        if (_wakesUp)
        {
            return fifo ? new FifoFactory(options, changed => new SqsQueueFactory(changed)) : new SqsQueueFactory(options);
        }

        FaultySqs client = _correction.Wrap(new AwsSqsClient(options));
        _clients.Add(client);
        return fifo ? new FifoFactory(options, changed => new SqsQueueFactory(client, changed)) : new SqsQueueFactory(client, options);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (FaultySqs client in _clients)
        {
            client.Dispose();
        }

        foreach (RedisQueueFactory factory in _companions)
        {
            await factory.DisposeAsync();
        }
    }

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => Task.Delay(by, TimeProvider.System);

    public override Task SettleAsync() => Task.Delay(Calm, TimeProvider.System);

    private RedisQueueFactory? NewCompanion()
    {
        if (companion is null)
        {
            return null;
        }

        var factory = new RedisQueueFactory(companion.Configuration);
        _companions.Add(factory);
        return factory;
    }
}

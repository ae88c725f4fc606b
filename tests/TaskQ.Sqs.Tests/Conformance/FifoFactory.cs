using TaskQ.Backend;
using TaskQ.Conformance.Harness;

namespace TaskQ.Sqs.Tests.Conformance;

/// <summary>A process over FIFO queues in which each message is a group of its own; a test that needs a delay is skipped.</summary>
internal sealed class FifoFactory : QueueFactory
{
    private readonly SqsQueueFactory _inner;

    public FifoFactory(SqsOptions options, Func<SqsOptions, SqsQueueFactory> open)
    {
        options.Fifo = true;
        options.MessageGroup = static message => message.Id.ToString("N");
        _inner = open(options);
    }

    protected override IQueueBackend CreateBackend(QueueOptions options)
    {
        IQueueBackend store = _inner.RegisterQueue(options).Backend;
        Assert.Equal(TimeSpan.Zero, store.Capabilities.MaxDelay);
        return new FaultyBackend(store)
        {
            Capabilities = store.Capabilities with { MaxDelay = TimeSpan.MaxValue },
            OnAdd = static message => Assert.SkipWhen(message.Delay > TimeSpan.Zero || message.DueAt is not null, "FIFO queues of SQS take no delays."),
        };
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        await _inner.DisposeAsync();
    }
}

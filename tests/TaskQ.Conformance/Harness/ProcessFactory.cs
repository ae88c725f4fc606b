using TaskQ.Backend;

namespace TaskQ.Conformance.Harness;

/// <summary>A process of its own: a factory over stores that something else opened.</summary>
public sealed class ProcessFactory(Func<QueueOptions, IQueueBackend> open) : QueueFactory
{
    protected override IQueueBackend CreateBackend(QueueOptions options) => open(options);
}

using TaskQ.Backend;

namespace TaskQ.Bench.Probe;

/// <summary>Opens queues over a <see cref="ProbeBackend"/>.</summary>
internal sealed class ProbeQueueFactory(ProbeBackend backend) : QueueFactory
{
    protected override IQueueBackend CreateBackend(QueueOptions options) => backend;
}

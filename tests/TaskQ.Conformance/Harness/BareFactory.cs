using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Memory;

namespace TaskQ.Conformance.Harness;

/// <summary>A process over bare queues in memory, which others share, and a companion store.</summary>
/// <param name="queues">Where the queues live.</param>
/// <param name="coordinators">The companion store, null for none.</param>
/// <param name="isOwner">Whether the companion is closed with the factory.</param>
public sealed class BareFactory(MemoryQueueFactory queues, IQueueCoordinatorFactory? coordinators, bool isOwner = false) : QueueFactory
{
    protected override IQueueCoordinatorFactory? Coordinator => coordinators;

    protected override IQueueBackend CreateBackend(QueueOptions options)
    {
        lock (queues)
        {
            var queue = queues.Queues.FirstOrDefault(queue => queue.Name == options.Name);
            if (queue is null)
            {
                var unlimited = options.Copy();
                unlimited.WorkerLimit = null;
                unlimited.RateLimit = null;
                queue = queues.RegisterQueue(unlimited);
            }

            return new BareBackend(queue.Backend);
        }
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        if (isOwner && coordinators is IAsyncDisposable own)
        {
            await own.DisposeAsync();
        }
    }
}

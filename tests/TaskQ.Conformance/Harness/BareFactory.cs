using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Conformance.Harness;

/// <summary>A process over bare queues and a companion store.</summary>
/// <param name="store">Where the queues live.</param>
/// <param name="coordinators">The companion store, null for none.</param>
/// <param name="isOwner">Whether the companion is closed with the factory.</param>
public sealed class BareFactory(BareStore store, IQueueCoordinatorFactory? coordinators, bool isOwner = false) : QueueFactory
{
    protected override IQueueCoordinatorFactory? Coordinator => coordinators;

    protected override IQueueBackend CreateBackend(QueueOptions options) => store.Open(options);

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        if (isOwner && coordinators is IAsyncDisposable own)
        {
            await own.DisposeAsync();
        }
    }
}

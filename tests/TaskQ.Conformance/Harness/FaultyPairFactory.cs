using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Conformance.Harness;

/// <summary>A process with one queue, between which and its two stores faults can be put.</summary>
public sealed class FaultyPairFactory(BareStore store, IQueueCoordinatorFactory coordinators, bool isOwner) : QueueFactory, IQueueCoordinatorFactory
{
    public FaultyBackend Store { get; private set; } = null!;

    public FaultyCoordinator Companion { get; private set; } = null!;

    protected override IQueueCoordinatorFactory? Coordinator => this;

    public IQueueCoordinator CreateCoordinator(QueueOptions options) =>
        Companion = new FaultyCoordinator(coordinators.CreateCoordinator(options));

    /// <summary>From now on nothing gets through, as if the process had been killed.</summary>
    public void Kill()
    {
        Store.Kill();
        Store.FailAdd = Store.FailExchange = Store.FailBeat = static () => new IOException("killed");
        Companion.FailBefore = static _ => true;
    }

    protected override IQueueBackend CreateBackend(QueueOptions options) => Store = new FaultyBackend(store.Open(options));

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        if (isOwner && coordinators is IAsyncDisposable own)
        {
            await own.DisposeAsync();
        }
    }
}

using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Memory;
using Xunit;

namespace TaskQ.Tests.Backend.Coordinate;

/// <summary>What a companion is asked for: exactly what the store lacks. What it does is the conformance suite's matter.</summary>
public sealed class CoordinatedBackendTests
{
    private static readonly BackendCapabilities Full = new() { System = "test" };

    [Fact]
    public async Task RegisterQueue_StoreLacksNothing_HasNoCompanion()
    {
        await using var factory = new Factory(Full);

        var queue = factory.RegisterQueue(Options());

        Assert.IsType<Bare>(queue.Backend);
        Assert.Null(factory.Asked);
    }

    [Fact]
    public async Task RegisterQueue_StoreLacksSome_ReportsWhatBothServe()
    {
        await using var factory = new Factory(Full with { Names = false, Limits = false, Lookup = false, Cancels = false, DeadLetters = false, Pauses = false, MaxAddBatch = 7 });

        var queue = factory.RegisterQueue(Options());

        Assert.Equal(Full with { Lookup = false, MaxAddBatch = 7 }, queue.Backend.Capabilities);
        Assert.Equal((3, RateLimit.PerSecond(5)), (factory.Asked!.WorkerLimit, factory.Asked.RateLimit));
    }

    [Fact]
    public async Task RegisterQueue_StoreKeepsLimits_CompanionDoesNot()
    {
        await using var factory = new Factory(Full with { Names = false });

        factory.RegisterQueue(Options());

        Assert.Equal((null, null), (factory.Asked!.WorkerLimit, factory.Asked.RateLimit));
    }

    [Fact]
    public async Task Lookup_StoreHasNone_IsRefusedByTheNameOfTheQueue()
    {
        await using var factory = new Factory(Full with { Names = false, Lookup = false, DeadLetters = false });
        var backend = factory.RegisterQueue(Options()).Backend;

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => backend.GetAsync(Guid.NewGuid(), default).AsTask());
        await Assert.ThrowsAsync<NotSupportedException>(() => backend.ListAsync(new MessageFilter(), 1, default).AsTask());
        await Assert.ThrowsAsync<NotSupportedException>(() => backend.RescheduleAsync(Guid.NewGuid(), default, default).AsTask());

        Assert.Contains("'q'", error.Message, StringComparison.Ordinal);
        Assert.Empty(await backend.ListAsync(new MessageFilter { State = MessageState.Dead }, 1, default));
    }

    private static QueueOptions Options() => new() { Name = "q", WorkerLimit = 3, RateLimit = RateLimit.PerSecond(5) };

    /// <summary>A store that says what it is told to say, and a companion in memory.</summary>
    private sealed class Factory(BackendCapabilities capabilities) : QueueFactory, IQueueCoordinatorFactory
    {
        private readonly MemoryQueueFactory _memory = new();

        public QueueOptions? Asked { get; private set; }

        protected override IQueueCoordinatorFactory? Coordinator => this;

        public IQueueCoordinator CreateCoordinator(QueueOptions options) => _memory.CreateCoordinator(Asked = options);

        protected override IQueueBackend CreateBackend(QueueOptions options) =>
            new Bare(_memory.RegisterQueue(new QueueOptions { Name = options.Name }).Backend, capabilities);
    }

    private sealed class Bare(IQueueBackend store, BackendCapabilities capabilities) : IQueueBackend
    {
        public BackendCapabilities Capabilities => capabilities;

        public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken) => store.AddAsync(message, cancellationToken);

        public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken) => store.AddRangeAsync(messages, cancellationToken);

        public ValueTask<ExchangeResult> ExchangeAsync(IReadOnlyList<Settlement> finished, FetchRequest? fetch, CancellationToken cancellationToken) => store.ExchangeAsync(finished, fetch, cancellationToken);

        public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) => store.BeatAsync(leases, cancellationToken);

        public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) => store.GetAsync(id, cancellationToken);

        public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) => store.ListAsync(filter, max, cancellationToken);

        public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => store.CancelAsync(id, cancellationToken);

        public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) => store.RescheduleAsync(id, dueAt, cancellationToken);

        public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) => store.SetPausedAsync(paused, cancellationToken);

        public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => store.CountAsync(cancellationToken);

        public ValueTask PurgeAsync(CancellationToken cancellationToken) => store.PurgeAsync(cancellationToken);

        public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) => store.PeekDeadAsync(max, cancellationToken);

        public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => store.GetDeadAsync(id, cancellationToken);

        public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) => store.RequeueDeadAsync(max, cancellationToken);

        public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => store.RequeueDeadAsync(id, cancellationToken);

        public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => store.DeleteDeadAsync(id, cancellationToken);

        public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => store.PurgeDeadAsync(cancellationToken);

        public ValueTask DisposeAsync() => store.DisposeAsync();
    }
}

using TaskQ.Backend;

namespace TaskQ.Tests.Registry;

/// <summary>The store of a queue on which tasks are only registered, or messages only added.</summary>
internal sealed class UnusedBackend : IQueueBackend
{
    public BackendCapabilities Capabilities { get; init; } = new() { System = "unused" };

    /// <summary>Takes adds; null refuses them.</summary>
    public Func<NewMessage[], AddResult[]>? OnAdd { get; init; }

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken) => new((OnAdd ?? throw Unused())([message])[0]);

    public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken) =>
        new((OnAdd ?? throw Unused())(messages.ToArray()));

    public ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken) => throw Unused();

    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) => throw Unused();

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => throw Unused();

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => throw Unused();

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => throw Unused();

    public ValueTask DisposeAsync() => default;

    private static InvalidOperationException Unused() => new("These tests store nothing.");
}

using TaskQ.Backend;

namespace TaskQ.Bench.Probe;

/// <summary>A store that keeps bodies and does nothing else: what is left is the cost of the core.</summary>
/// <param name="passesReferences">Whether it takes messages as they are, or frames.</param>
/// <param name="keep">How many bodies it keeps; later ones are dropped.</param>
internal sealed class ProbeBackend(bool passesReferences, int keep) : IQueueBackend
{
    private readonly MessageBody[] _bodies = new MessageBody[keep];
    private int _count;

    public BackendCapabilities Capabilities { get; } =
        new() { System = "probe", PassesReferences = passesReferences };

    /// <summary>The length of the last frame, 0 when it was a message.</summary>
    public int LastFrameLength { get; private set; }

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        if (_count < _bodies.Length)
        {
            _bodies[_count++] = message.Body;
        }

        LastFrameLength = message.Body.Frame?.Length ?? 0;
        return new ValueTask<AddResult>(new AddResult(message.Id, AddStatus.Added));
    }

    public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(
        MessageFilter filter,
        int max,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}

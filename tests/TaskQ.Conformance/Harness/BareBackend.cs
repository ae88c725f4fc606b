using TaskQ.Backend;

namespace TaskQ.Conformance.Harness;

/// <summary>A store that has no notion of names, limits, dead letters, pauses and single messages: it says so, and refuses them.</summary>
/// <param name="store">What it stands before.</param>
/// <param name="close">What happens when it is closed.</param>
public sealed class BareBackend(IQueueBackend store, Func<ValueTask> close) : IQueueBackend
{
    public BackendCapabilities Capabilities { get; } = store.Capabilities with
    {
        Names = false,
        Limits = false,
        Lookup = false,
        Cancels = false,
        DeadLetters = false,
        Pauses = false,
    };

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken) => message.Name is null
        ? store.AddAsync(message, cancellationToken)
        : throw Refused("A name");

    public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages.Span)
        {
            if (message.Name is not null)
            {
                throw Refused("A name");
            }
        }

        return store.AddRangeAsync(messages, cancellationToken);
    }

    public ValueTask<ExchangeResult> ExchangeAsync(IReadOnlyList<Settlement> finished, FetchRequest? fetch, CancellationToken cancellationToken) =>
        finished.Any(settlement => settlement.Kind == SettlementKind.Dead)
            ? throw Refused("A dead letter")
            : store.ExchangeAsync(finished, fetch, cancellationToken);

    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) =>
        store.BeatAsync(leases, cancellationToken);

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => store.CountAsync(cancellationToken);

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => store.PurgeAsync(cancellationToken);

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) => throw Refused("Get");

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) =>
        throw Refused("List");

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => throw Refused("Cancel");

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) => throw Refused("Reschedule");

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) => throw Refused("Pause");

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => throw Refused("A dead letter");

    public ValueTask DisposeAsync() => close();

    private static NotSupportedException Refused(string what) => new($"{what}: this store has no notion of it.");
}

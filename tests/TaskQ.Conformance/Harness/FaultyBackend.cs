using TaskQ.Backend;

namespace TaskQ.Conformance.Harness;

/// <summary>
/// Stands between one process and its store: passes everything on until it is told to fail, to lose replies, or to
/// cut the process off as a kill does. Closing it leaves the store open, which others use.
/// </summary>
public sealed class FaultyBackend(IQueueBackend store) : IQueueBackend
{
    private readonly CancellationTokenSource _killed = new();

    /// <summary>Thrown before an add reaches the store.</summary>
    public Func<Exception?>? FailAdd { get; set; }

    /// <summary>Thrown after an add has reached the store.</summary>
    public Func<Exception?>? LoseAddReply { get; set; }

    /// <summary>What is added, before it reaches the store.</summary>
    public Action<NewMessage>? OnAdd { get; set; }

    /// <summary>What happens before a single add reaches the store.</summary>
    public Func<Task>? BeforeAdd { get; set; }

    /// <summary>What happens once a single add has reached the store, before its caller learns of it.</summary>
    public Func<Task>? AfterAdd { get; set; }

    /// <summary>Thrown before an exchange reaches the store.</summary>
    public Func<Exception?>? FailExchange { get; set; }

    /// <summary>Thrown after an exchange has reached the store.</summary>
    public Func<ExchangeResult, Exception?>? LoseExchangeReply { get; set; }

    /// <summary>Thrown instead of a beat.</summary>
    public Func<Exception?>? FailBeat { get; set; }

    /// <summary>What was settled, in the order in which it reached the store.</summary>
    public Action<Settlement>? OnSettle { get; set; }

    public BackendCapabilities Capabilities { get; init; } = store.Capabilities;

    /// <summary>From now on nothing gets through, as if the process had been killed.</summary>
    public void Kill() => _killed.Cancel();

    public async ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken)
    {
        ThrowIf(FailAdd?.Invoke());
        OnAdd?.Invoke(message);
        await (BeforeAdd?.Invoke() ?? Task.CompletedTask);
        var result = await store.AddAsync(message, cancellationToken);
        await (AfterAdd?.Invoke() ?? Task.CompletedTask);
        ThrowIf(LoseAddReply?.Invoke());
        return result;
    }

    public async ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken)
    {
        ThrowIf(FailAdd?.Invoke());
        foreach (var message in messages.ToArray())
        {
            OnAdd?.Invoke(message);
        }

        var result = await store.AddRangeAsync(messages, cancellationToken);
        ThrowIf(LoseAddReply?.Invoke());
        return result;
    }

    public async ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished,
        FetchRequest? fetch,
        CancellationToken cancellationToken)
    {
        ThrowIf(FailExchange?.Invoke());
        foreach (var settlement in finished)
        {
            OnSettle?.Invoke(settlement);
        }

        // A killed process leaves no poll behind that would go on reserving.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _killed.Token);
        var result = await store.ExchangeAsync(finished, fetch, either.Token);
        ThrowIf(LoseExchangeReply?.Invoke(result));
        return result;
    }

    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        ThrowIf(FailBeat?.Invoke());
        return store.BeatAsync(leases, cancellationToken);
    }

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) =>
        store.GetAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) =>
        store.ListAsync(filter, max, cancellationToken);

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => store.CancelAsync(id, cancellationToken);

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) =>
        store.RescheduleAsync(id, dueAt, cancellationToken);

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) =>
        store.SetPausedAsync(paused, cancellationToken);

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => store.CountAsync(cancellationToken);

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => store.PurgeAsync(cancellationToken);

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) =>
        store.PeekDeadAsync(max, cancellationToken);

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) =>
        store.GetDeadAsync(id, cancellationToken);

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) =>
        store.RequeueDeadAsync(max, cancellationToken);

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) =>
        store.RequeueDeadAsync(id, cancellationToken);

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) =>
        store.DeleteDeadAsync(id, cancellationToken);

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => store.PurgeDeadAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        _killed.Dispose();
        return default;
    }

    private void ThrowIf(Exception? error)
    {
        if (_killed.IsCancellationRequested)
        {
            throw new IOException("The process is cut off from its store.");
        }

        if (error is not null)
        {
            throw error;
        }
    }
}

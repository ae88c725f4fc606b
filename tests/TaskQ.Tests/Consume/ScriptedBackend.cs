using TaskQ.Backend;

namespace TaskQ.Tests.Consume;

/// <summary>A store that does what a test tells it to; untold, it hands out <see cref="Ready"/> and takes every settlement.</summary>
internal sealed class ScriptedBackend : IQueueBackend, IStoreCheck
{
    private readonly Lock _lock = new();
    private readonly Queue<Delivery> _ready = new();
    private readonly List<Settlement> _settled = [];
    private readonly List<(Func<List<Settlement>, bool> Condition, TaskCompletionSource Met)> _waits = [];

    public BackendCapabilities Capabilities { get; set; } = new() { System = "scripted", PassesReferences = true };

    /// <summary>Answers an exchange; null for the usual answer.</summary>
    public Func<IReadOnlyList<Settlement>, FetchRequest?, CancellationToken, ValueTask<ExchangeResult>?>? OnExchange { get; set; }

    public Func<IReadOnlyList<Lease>, CancellationToken, ValueTask<BeatResult>>? OnBeat { get; set; }

    public Func<QueueCounts>? OnCount { get; set; }

    /// <summary>Looks at the store before a consumer starts.</summary>
    public Func<CancellationToken, Task>? OnCheck { get; set; }

    public List<Settlement> Settled
    {
        get
        {
            lock (_lock)
            {
                return [.. _settled];
            }
        }
    }

    public void Ready(params Delivery[] deliveries)
    {
        lock (_lock)
        {
            Array.ForEach(deliveries, _ready.Enqueue);
        }
    }

    /// <summary>Ends when what was settled meets a condition.</summary>
    public Task SettledAsync(Func<List<Settlement>, bool> condition)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (condition(_settled))
            {
                return Task.CompletedTask;
            }

            _waits.Add((condition, met));
        }

        return met.Task;
    }

    public ValueTask<ExchangeResult> ExchangeAsync(
        IReadOnlyList<Settlement> finished, FetchRequest? fetch, CancellationToken cancellationToken) =>
        OnExchange?.Invoke(finished, fetch, cancellationToken) ?? Answer(finished, fetch, cancellationToken);

    /// <summary>The usual answer.</summary>
    public ValueTask<ExchangeResult> Answer(
        IReadOnlyList<Settlement> finished, FetchRequest? fetch, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _settled.AddRange(finished);
            foreach (var wait in _waits.Where(wait => wait.Condition(_settled)).ToList())
            {
                _waits.Remove(wait);
                wait.Met.SetResult();
            }

            if (fetch is null)
            {
                return new(ExchangeResult.Empty);
            }

            var taken = new List<Delivery>();
            while (!fetch.Suspect && taken.Count < fetch.Max && _ready.TryDequeue(out Delivery? delivery))
            {
                delivery.Lease = fetch.Lease;
                taken.Add(delivery);
            }

            if (taken.Count > 0)
            {
                fetch.Lease.Deliveries = taken;
                return new(new ExchangeResult { Deliveries = taken });
            }
        }

        return fetch.Wait > TimeSpan.Zero ? UntilCancelledAsync(cancellationToken) : new(ExchangeResult.Empty);
    }

    public ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) =>
        OnBeat?.Invoke(leases, cancellationToken) ?? new(BeatResult.AllHeld);

    public ValueTask<QueueCounts> CountAsync(CancellationToken cancellationToken) => new(OnCount?.Invoke() ?? default);

    public ValueTask CheckAsync(CancellationToken cancellationToken) => new(OnCheck?.Invoke(cancellationToken) ?? Task.CompletedTask);

    public ValueTask DisposeAsync() => default;

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<AddResult[]> AddRangeAsync(ReadOnlyMemory<NewMessage> messages, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<StoredMessage?> GetAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<IReadOnlyList<StoredMessage>> ListAsync(MessageFilter filter, int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> RescheduleAsync(Guid id, DateTimeOffset dueAt, CancellationToken cancellationToken) => throw Unused();

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) => throw Unused();

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => throw Unused();

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<int> RequeueDeadAsync(int max, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> RequeueDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask<bool> DeleteDeadAsync(Guid id, CancellationToken cancellationToken) => throw Unused();

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => throw Unused();

    private static async ValueTask<ExchangeResult> UntilCancelledAsync(CancellationToken cancellationToken)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellationToken.Register(cancelled.SetResult))
        {
            await cancelled.Task;
        }

        return ExchangeResult.Empty;
    }

    private static NotSupportedException Unused() => new("This store does not do that.");
}

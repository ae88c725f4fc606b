using System.Text;
using TaskQ.Backend;
using TaskQ.Memory.Testing;
using Xunit;

namespace TaskQ.Memory.Tests;

/// <summary>A backend on a manual clock, and short forms of its calls. Bodies are frames that hold a label.</summary>
internal sealed class Rig : IAsyncDisposable
{
    /// <summary>How long a test waits for what must come.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(30);

    public Rig(Action<QueueOptions>? configure = null, MemoryOptions? memory = null)
    {
        var options = new QueueOptions { Name = "q", TimeProvider = Clock };
        configure?.Invoke(options);
        memory ??= new MemoryOptions();
        memory.Validate();
        Backend = new MemoryQueueBackend(options, memory);
    }

    public ManualTimeProvider Clock { get; } = new();

    public MemoryQueueBackend Backend { get; }

    public static NewMessage Message(
        string label,
        TimeSpan delay = default,
        MessageName? name = null,
        Guid? id = null,
        DateTimeOffset? dueAt = null,
        string task = "task",
        DateTimeOffset? enqueuedAt = null) => new(
            id ?? Guid.CreateVersion7(),
            new MessageBody(Encoding.UTF8.GetBytes(label)),
            task,
            enqueuedAt ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            delay,
            dueAt,
            name);

    public static string Label(Delivery delivery) => Encoding.UTF8.GetString(delivery.Body.Frame!);

    public static string Labels(ExchangeResult result) => string.Join(' ', result.Deliveries.Select(Label));

    public ValueTask<AddResult> AddAsync(NewMessage message, CancellationToken cancellationToken = default) =>
        Backend.AddAsync(message, cancellationToken);

    public ValueTask<AddResult> AddAsync(string label, TimeSpan delay = default, MessageName? name = null) =>
        AddAsync(Message(label, delay, name));

    public Task<ExchangeResult> FetchAsync(
        int max = 100,
        TimeSpan wait = default,
        bool suspect = false,
        Lease? lease = null,
        CancellationToken cancellationToken = default) =>
        Backend.ExchangeAsync([], new FetchRequest(lease ?? NewLease(), max, wait, suspect), cancellationToken).AsTask();

    /// <summary>A fetch that waits for a minute of the manual clock.</summary>
    public Task<ExchangeResult> WaitingFetchAsync(int max = 100, bool suspect = false, CancellationToken cancellationToken = default) =>
        FetchAsync(max, TimeSpan.FromMinutes(1), suspect, null, cancellationToken);

    public async Task<Delivery> FetchOneAsync(bool suspect = false) =>
        Assert.Single((await FetchAsync(1, suspect: suspect)).Deliveries);

    public ValueTask<ExchangeResult> SettleAsync(
        Delivery delivery,
        SettlementKind kind,
        TimeSpan delay = default,
        Death? death = null) =>
        Backend.ExchangeAsync([new Settlement(delivery, kind, delay, death)], null, default);

    public async Task<string> FetchLabelsAsync(int max = 100) => Labels(await FetchAsync(max));

    public async Task<string> CountsAsync()
    {
        QueueCounts counts = await Backend.CountAsync(default);
        return $"{counts.Ready} {counts.Delayed} {counts.InFlight} {counts.Dead}";
    }

    public static Lease NewLease() => new(Guid.NewGuid(), LeaseDuration);

    public void Advance(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    public ValueTask DisposeAsync() => Backend.DisposeAsync();
}

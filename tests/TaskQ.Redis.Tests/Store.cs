using TaskQ.Backend;

namespace TaskQ.Redis.Tests;

/// <summary>Messages and leases in bulk, past the core.</summary>
internal static class Store
{
    public static readonly TimeSpan LongLease = TimeSpan.FromMinutes(10);

    /// <summary>A message that is due after a delay.</summary>
    public static NewMessage Message(TimeSpan delay = default, int size = 100, MessageName? name = null) => new(
        Guid.CreateVersion7(TimeProvider.System.GetUtcNow()),
        new MessageBody(new byte[size]),
        "t",
        TimeProvider.System.GetUtcNow(),
        delay,
        null,
        name);

    /// <summary>A name that belongs to its message until it ends.</summary>
    public static MessageName UniqueName(int key) => new((UInt128)key, TimeSpan.FromHours(1), UntilFinished: true, DedupeMode.KeepFirst);

    public static async Task AddAsync(TaskQueue queue, int count, Func<int, NewMessage>? create = null)
    {
        for (var start = 0; start < count; start += 500)
        {
            var messages = Enumerable.Range(start, Math.Min(500, count - start)).Select(n => create?.Invoke(n) ?? Message()).ToArray();
            await queue.Backend.AddRangeAsync(messages, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Reserves up to so many messages under a lease of its own.</summary>
    public static async Task<Lease> FetchAsync(TaskQueue queue, int max, TimeSpan? duration = null)
    {
        var lease = new Lease(Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), duration ?? LongLease);
        await queue.Backend.ExchangeAsync([], new FetchRequest(lease, max, TimeSpan.Zero), TestContext.Current.CancellationToken);
        return lease;
    }

    /// <summary>Reserves messages one by one, each under its own lease.</summary>
    public static async Task<Lease[]> FetchEachAsync(TaskQueue queue, int count, TimeSpan? duration = null)
    {
        var leases = new List<Lease>();
        while (leases.Count < count)
        {
            leases.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(500, count - leases.Count)).Select(_ => FetchAsync(queue, 1, duration))));
        }

        return [.. leases];
    }

    /// <summary>Settles what leases hold in the same way.</summary>
    public static Task SettleAsync(TaskQueue queue, SettlementKind kind, params Lease[] leases) => SettleAsync(queue, kind, default, leases);

    /// <summary>The same, with a delay.</summary>
    public static async Task SettleAsync(TaskQueue queue, SettlementKind kind, TimeSpan delay, params Lease[] leases)
    {
        var death = new Death(DeadReason.RetriesExhausted, null, null, 1);
        Settlement[] finished = [.. leases.SelectMany(static lease => lease.Deliveries).Select(delivery => new Settlement(delivery, kind, delay, death))];
        await queue.Backend.ExchangeAsync(finished, null, TestContext.Current.CancellationToken);
    }
}

using System.Collections.Concurrent;
using TaskQ.Backend;
using TaskQ.Memory.Store;
using Xunit;

namespace TaskQ.Memory.Tests;

public sealed class ConcurrencyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task AddAndExchange_SixteenProducers_EachMessageIsHandledOnce(int consumers)
    {
        const int perProducer = 5_000;
        const int producers = 16;
        await using var queue = new MemoryQueueBackend(new QueueOptions { Name = "q" }, new MemoryOptions());
        using var done = new CancellationTokenSource();
        var seen = new ConcurrentDictionary<Guid, int>();
        int handled = 0;

        async Task ConsumeAsync()
        {
            Settlement[] finished = [];
            while (!done.IsCancellationRequested)
            {
                ExchangeResult result = await queue.ExchangeAsync(
                    finished, new FetchRequest(Rig.NewLease(), 64, TimeSpan.FromSeconds(10)), done.Token);
                Assert.Empty(result.Lost);
                foreach (Delivery delivery in result.Deliveries)
                {
                    seen.AddOrUpdate(delivery.Id, 1, static (_, count) => count + 1);
                }

                finished = [.. result.Deliveries.Select(delivery => new Settlement(delivery, SettlementKind.Complete))];
                if (Interlocked.Add(ref handled, finished.Length) == producers * perProducer)
                {
                    await queue.ExchangeAsync(finished, null, default);
                    await done.CancelAsync();
                }
            }

            await queue.ExchangeAsync(finished, null, default);
        }

        Task[] consuming = [.. Enumerable.Range(0, consumers).Select(_ => Task.Run(ConsumeAsync))];
        Task[] producing = [.. Enumerable.Range(0, producers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < perProducer; i++)
            {
                await queue.AddAsync(Rig.Message("m"), default);
            }
        }))];
        await Task.WhenAll(producing).WaitAsync(Rig.Patience);
        await Task.WhenAll(consuming).WaitAsync(Rig.Patience);

        Assert.Equal(producers * perProducer, seen.Count);
        Assert.All(seen.Values, count => Assert.Equal(1, count));
        Assert.Equal(0, (await queue.CountAsync(default)).InFlight);
    }

    [Fact]
    public async Task AddStopRestart_TenThousandCycles_AcceptedIsHandledPlusReturned()
    {
        await using var rig = new Rig();
        int accepted = 0;
        int handled = 0;
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        Task[] producing = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await rig.AddAsync("m");
                Interlocked.Increment(ref accepted);
                first.TrySetResult();
                await Task.Yield();
            }
        }))];

        await first.Task.WaitAsync(Rig.Patience);
        for (int cycle = 0; cycle < 10_000; cycle++)
        {
            using var source = new CancellationTokenSource();
            Task<ExchangeResult> fetching = rig.WaitingFetchAsync(5, cancellationToken: source.Token);
            await source.CancelAsync();
            ExchangeResult result = await fetching.WaitAsync(Rig.Patience);
            Settlement[] settlements = [.. result.Deliveries.Select((delivery, i) =>
                new Settlement(delivery, i % 2 == 0 ? SettlementKind.Complete : SettlementKind.Release))];
            handled += settlements.Count(settlement => settlement.Kind == SettlementKind.Complete);
            Assert.Empty((await rig.Backend.ExchangeAsync(settlements, null, default)).Lost);
        }

        await stop.CancelAsync();
        await Task.WhenAll(producing).WaitAsync(Rig.Patience);
        QueueCounts counts = await rig.Backend.CountAsync(default);
        Assert.Equal(accepted, handled + counts.Ready);
        Assert.Equal((0L, 0L), (counts.InFlight, counts.Delayed));
        Assert.Equal(0, rig.Backend.WaiterCount);
        Assert.True(handled > 0);
    }

    /// <summary>Random calls against the simplest model: a message is in exactly one place, and none is lost or doubled.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RandomOperations_AnyOrder_LoseAndDoubleNothing(int seed)
    {
        await using var rig = new Rig(options => options.WorkerLimit = 50);
        var random = new Random(seed);
        var alive = new HashSet<Guid>();
        var dead = new HashSet<Guid>();
        var held = new List<Delivery>();
        for (int step = 0; step < 20_000; step++)
        {
            switch (random.Next(12))
            {
                case < 4:
                    var name = random.Next(3) == 0
                        ? new MessageName((UInt128)random.Next(50), TimeSpan.FromSeconds(random.Next(1, 60)), random.Next(2) == 0, (DedupeMode)random.Next(2))
                        : null;
                    AddResult added = await rig.AddAsync("m", TimeSpan.FromSeconds(random.Next(3) == 0 ? random.Next(40) : 0), name);
                    if (!added.IsDuplicate)
                    {
                        Assert.True(alive.Add(added.Id));
                    }

                    break;
                case < 7:
                    ExchangeResult result = await rig.FetchAsync(random.Next(1, 20), suspect: random.Next(4) == 0);
                    Assert.All(result.Deliveries, delivery => Assert.Contains(delivery.Id, alive));
                    held.AddRange(result.Deliveries);
                    break;
                case < 10 when held.Count > 0:
                    int at = random.Next(held.Count);
                    Delivery settled = held[at];
                    held.RemoveAt(at);
                    var kind = (SettlementKind)random.Next(4);
                    bool wasCancelled = ((Entry)settled).IsCancelled;
                    ExchangeResult outcome = await rig.SettleAsync(settled, kind, TimeSpan.FromSeconds(random.Next(3)));
                    if (outcome.Lost.Count == 0 && (kind is SettlementKind.Complete or SettlementKind.Dead || wasCancelled))
                    {
                        Assert.True(alive.Remove(settled.Id));
                        if (kind == SettlementKind.Dead)
                        {
                            dead.Add(settled.Id);
                        }
                    }

                    break;
                case 10:
                    await OperateAsync(rig, random, alive, dead, held);
                    break;
                default:
                    Guid[] cancelled = [.. held.Where(delivery => ((Entry)delivery).IsCancelled).Select(delivery => delivery.Id)];
                    rig.Advance(random.Next(10));
                    foreach (Guid id in cancelled)
                    {
                        if (await rig.Backend.GetAsync(id, default) is null)
                        {
                            alive.Remove(id);
                        }
                    }

                    break;
            }

            QueueCounts counts = await rig.Backend.CountAsync(default);
            Assert.Equal(alive.Count, counts.Ready + counts.Delayed + counts.InFlight);
            Assert.Equal(dead.Count, counts.Dead);
            Assert.InRange(counts.InFlight, 0, 50);
        }

        IReadOnlyList<StoredMessage> all = await rig.Backend.ListAsync(new MessageFilter(), int.MaxValue, default);
        Assert.Equal(alive.Concat(dead).Order(), all.Select(found => found.Id).Order());
    }

    private static async Task OperateAsync(Rig rig, Random random, HashSet<Guid> alive, HashSet<Guid> dead, List<Delivery> held)
    {
        Guid any = alive.Count == 0 ? Guid.NewGuid() : alive.ElementAt(random.Next(alive.Count));
        switch (random.Next(5))
        {
            case 0:
                bool isHeld = (await rig.Backend.GetAsync(any, default))?.State == MessageState.InFlight;
                bool found = await rig.Backend.CancelAsync(any, default);
                Assert.Equal(alive.Contains(any), found);
                if (found && !isHeld)
                {
                    alive.Remove(any);
                }

                break;
            case 1:
                await rig.Backend.RescheduleAsync(any, rig.Clock.GetUtcNow().AddSeconds(random.Next(-5, 20)), default);
                break;
            case 2 when dead.Count > 0:
                Guid revived = dead.First();
                Assert.True(await rig.Backend.RequeueDeadAsync(revived, default));
                dead.Remove(revived);
                alive.Add(revived);
                break;
            case 3 when random.Next(20) == 0:
                await rig.Backend.PurgeAsync(default);
                alive.Clear();
                break;
            case 4 when held.Count > 0:
                await rig.Backend.BeatAsync([held[random.Next(held.Count)].Lease!], default);
                break;
        }
    }
}

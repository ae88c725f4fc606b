using TaskQ.Backend;
using TaskQ.Redis.Tests.Faults.Model;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests;

/// <summary>How long a call holds the server, by its own slow log: no more than 2 ms at the sizes in use.</summary>
/// <remarks>Calls below 0.1 ms are not looked at; logging them, and the commands inside them, would itself take most of the time.</remarks>
[Collection(RealTimeCollection.Name)]
[Trait("speed", "slow")]
[Trait("Needs", "Quiet")]
public sealed class CallTimeTests
{
    private delegate Task Measure(string what, Func<Task> action, int largest = 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddAndExchange_FullCalls_AreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await measure("add 500", () => Store.AddAsync(queue, 10_000));
        var leases = new List<Lease>();
        await measure("fetch 500", async () =>
        {
            for (var n = 0; n < 20; n++)
            {
                leases.Add(await Store.FetchAsync(queue, 500));
            }
        });
        await measure("complete 500", () => Store.SettleAsync(queue, SettlementKind.Complete, [.. leases[..10]]));
        await measure("release 500", () => Store.SettleAsync(queue, SettlementKind.Release, [.. leases[10..]]));
    });

    [Fact]
    public async Task AddAndExchange_FullCallsOfWhatIsDear_AreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await measure("add 500 with names", () => Store.AddAsync(queue, 10_000, n => Store.Message(name: Store.UniqueName(n))));
        await measure("add 500 delayed", () => Store.AddAsync(queue, 10_000, _ => Store.Message(TimeSpan.FromHours(1))));
        var leases = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Store.FetchAsync(queue, 500)));
        await measure("complete 500 with names", () => Store.SettleAsync(queue, SettlementKind.Complete, leases[..7]));
        await measure("retry 500", () => Store.SettleAsync(queue, SettlementKind.Retry, leases[7..14]));
        await measure("dead 500", () => Store.SettleAsync(queue, SettlementKind.Dead, leases[14..]));
    });

    [Fact]
    public async Task Exchange_SettlesOfManyLeases_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 8_000, n => n % 2 == 0 ? Store.Message() : Store.Message(name: Store.UniqueName(n)));
        var leases = await Store.FetchEachAsync(queue, 8_000);
        foreach (var (kind, start) in new[] { (SettlementKind.Complete, 0), (SettlementKind.Retry, 2000), (SettlementKind.Release, 4000), (SettlementKind.Dead, 6000) })
        {
            await measure($"{kind} those of 2,000 leases", () => Store.SettleAsync(queue, kind, leases[start..(start + 2000)]));
        }

        Assert.Equal(new QueueCounts(4000, 0, 0, 2000), await queue.Backend.CountAsync(Token));
    });

    [Fact]
    public async Task Exchange_100000DueAtOnce_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 100_000, _ => Store.Message(TimeSpan.FromSeconds(8)));
        await Probe.EventuallyAsync(async () => (await queue.Backend.CountAsync(Token)).Ready == 100_000, "all are due");
        await measure("fetch 100, each makes 500 ready", async () =>
        {
            for (var n = 0; n < 150; n++)
            {
                Assert.Equal(100, (await Store.FetchAsync(queue, 100)).Deliveries.Count);
            }
        });
    });

    [Fact]
    public async Task Operators_ManyMessagesAndLeases_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        // Whether a message is in flight is looked up in several calls: neither the leases nor what is ready can be looked through in one.
        await Store.AddAsync(queue, 210_000);
        await Store.AddAsync(queue, 10_000, _ => Store.Message(TimeSpan.FromHours(1)));
        var leases = await Store.FetchEachAsync(queue, 10_000);
        var held = leases[5000].Deliveries[0].Id;
        var ready = await queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, 100_000, Token);
        var waiting = ready[^1].Id;

        await measure("list ready", () => ListAsync(MessageState.Ready, 20_000));
        await measure("list delayed", () => ListAsync(MessageState.Delayed, 10_000));
        await measure("list in flight", () => ListAsync(MessageState.InFlight, 10_000));
        await measure("get in flight", () => RepeatAsync(async () =>
            Assert.Equal(MessageState.InFlight, (await queue.Backend.GetAsync(held, Token))!.State)));
        await measure("get ready", () => RepeatAsync(async () =>
            Assert.Equal(MessageState.Ready, (await queue.Backend.GetAsync(waiting, Token))!.State)));
        await measure("cancel in flight", () => RepeatAsync(async () => Assert.True(await queue.Backend.CancelAsync(held, Token))));
        await measure("reschedule in flight", () => RepeatAsync(async () =>
            Assert.False(await queue.Backend.RescheduleAsync(held, TimeProvider.System.GetUtcNow().AddHours(1), Token))));
        await measure("reschedule ready", async () =>
        {
            // Each leaves an entry behind that does not count any more.
            for (var n = 0; n < 10; n++)
            {
                Assert.True(await queue.Backend.RescheduleAsync(waiting, TimeProvider.System.GetUtcNow().AddHours(1), Token));
                Assert.True(await queue.Backend.RescheduleAsync(waiting, TimeProvider.System.GetUtcNow(), Token));
            }
        });
        await measure("cancel ready", async () => Assert.True(await queue.Backend.CancelAsync(waiting, Token)));
        await measure("beat", () => queue.Backend.BeatAsync(leases, Token).AsTask());
        await measure("purge", () => queue.Backend.PurgeAsync(Token).AsTask());
        Assert.Equal(default, await queue.Backend.CountAsync(Token));

        async Task ListAsync(MessageState state, int count) =>
            Assert.Equal(count, (await queue.Backend.ListAsync(new MessageFilter { State = state }, count, Token)).DistinctBy(message => message.Id).Count());
    });

    [Fact]
    public async Task Operators_LargeLeasesAndManyCancelled_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 130_000);
        var leases = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Store.FetchAsync(queue, 500)));
        var ready = await queue.Backend.ListAsync(new MessageFilter { State = MessageState.Ready }, 2000, Token);
        var held = leases[100].Deliveries[250].Id;

        await measure("get in flight", () => RepeatAsync(async () =>
            Assert.Equal(MessageState.InFlight, (await queue.Backend.GetAsync(held, Token))!.State)));
        await measure("cancel in flight", () => RepeatAsync(async () => Assert.True(await queue.Backend.CancelAsync(held, Token))));
        await measure("beat", async () => Assert.Equal(held, Assert.Single((await queue.Backend.BeatAsync(leases, Token)).Cancelled).Id));
        await measure("cancel what is next", async () =>
        {
            foreach (var message in ready)
            {
                Assert.True(await queue.Backend.CancelAsync(message.Id, Token));
            }
        });
        await measure("fetch behind what was cancelled", async () =>
        {
            while ((await Store.FetchAsync(queue, 500)).Deliveries.Count == 0)
            {
            }
        });
    });

    [Fact]
    public async Task Add_NamesOfManyWindows_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        // From a second to four years, each twice as long as the one before: as many generations as there may be, but for the older ones.
        await measure("add 500 names of any window", () => Store.AddAsync(queue, 10_000, n => Named(n, TimeSpan.FromSeconds(1 << (n % 27)))));
        await measure("add 500 names", () => Store.AddAsync(queue, 10_000, n => Named(10_000 + n, TimeSpan.FromDays(1))));
        await measure("add 500 that are taken", () => Store.AddAsync(queue, 10_000, n => Named(10_000 + n, TimeSpan.FromDays(1))));
        Assert.InRange((await queue.Backend.CountAsync(Token)).Ready, 20_000, 20_500);

        static NewMessage Named(int key, TimeSpan window) =>
            Store.Message(name: new MessageName((UInt128)key, window, UntilFinished: false, DedupeMode.KeepFirst));
    });

    [Fact]
    public async Task Purge_200000Messages_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 200_000);
        await Store.FetchEachAsync(queue, 400);
        await measure("purge", () => queue.Backend.PurgeAsync(Token).AsTask());
        Assert.Equal(default, await queue.Backend.CountAsync(Token));
    });

    [Fact]
    public async Task Count_10000ExpiredLeases_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 10_500);
        await Store.FetchEachAsync(queue, 10_000, TimeSpan.FromSeconds(2));
        var large = await Store.FetchAsync(queue, 500, TimeSpan.FromSeconds(2));
        await Task.Delay(TimeSpan.FromSeconds(2.1), TimeProvider.System, Token);
        await measure("take back leases", async () => Assert.Equal(10_500, (await queue.Backend.CountAsync(Token)).Ready));
        Assert.Equal(500, large.Deliveries.Count);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AllOverdue_LeasesDelaysNamesAndDeadLetters_CallsAreShort(bool isOperator)
    {
        // After everybody was away for long. Each message has failed before, so that its attempts are looked at.
        var clock = new FrozenClock();
        await OnServerAsync(
            async (queue, measure) =>
            {
                await Store.AddAsync(queue, 6_000, _ => new NewMessage(Guid.CreateVersion7(), new MessageBody(new byte[100]), "t", clock.Now, default, null, null));
                await Store.SettleAsync(queue, SettlementKind.Dead, await FetchAsync(2_000));
                await Store.SettleAsync(queue, SettlementKind.Retry, await FetchAsync(4_000));
                await Store.SettleAsync(queue, SettlementKind.Retry, TimeSpan.FromHours(1), await FetchAsync(2_000));
                await Store.FetchEachAsync(queue, 1_000, TimeSpan.FromSeconds(10));
                await FetchAsync(1_000);
                await Store.AddAsync(queue, 3_000, n => Store.Message(name: new MessageName((UInt128)n, TimeSpan.FromMinutes(1), UntilFinished: false, DedupeMode.KeepFirst)));
                await Store.AddAsync(queue, 20_000);
                clock.Now += TimeSpan.FromDays(1000);

                await measure(isOperator ? "get" : "fetch 500", async () =>
                {
                    for (var n = 0; n < 7; n++)
                    {
                        await (isOperator ? queue.Backend.GetAsync(Guid.NewGuid(), Token).AsTask() : (Task)Store.FetchAsync(queue, 500));
                    }
                });

                async Task<Lease[]> FetchAsync(int count) =>
                    await Task.WhenAll(Enumerable.Range(0, count / 500).Select(_ => Store.FetchAsync(queue, 500, TimeSpan.FromSeconds(10))));
            },
            clock);
    }

    [Fact]
    public async Task Dead_Many_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, 20_000);
        for (var n = 0; n < 40; n++)
        {
            await Store.SettleAsync(queue, SettlementKind.Dead, await Store.FetchAsync(queue, 500));
        }

        await measure("peek", async () => Assert.Equal(10_000, (await queue.Backend.PeekDeadAsync(10_000, Token)).Count));
        await measure("requeue", async () => Assert.Equal(5_000, await queue.Backend.RequeueDeadAsync(5_000, Token)));
        await measure("purge", () => queue.Backend.PurgeDeadAsync(Token).AsTask());
        Assert.Equal(new QueueCounts(5000, 0, 0, 0), await queue.Backend.CountAsync(Token));
    });

    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(10_000, 0)]
    [InlineData(10_000, 60_000)]
    public async Task Add_ReplacesPendingBesideManyLeases_CallsAreShort(int leases, int ready) => await OnServerAsync(async (queue, measure) =>
    {
        await Store.AddAsync(queue, leases);
        await Store.FetchEachAsync(queue, leases);
        await Store.AddAsync(queue, 500, n => Store.Message(name: Store.UniqueName(n)));
        await Store.AddAsync(queue, ready);
        foreach (var count in (int[])[1, 10, 100, 500])
        {
            await measure($"replace {count}", () => RepeatAsync(() => Store.AddAsync(queue, count, n => Replace(n, TimeSpan.Zero))));
        }

        foreach (var count in (int[])[10, 500])
        {
            await measure($"replace and delay {count}", () => RepeatAsync(() => Store.AddAsync(queue, count, n => Replace(n, TimeSpan.FromHours(1)))));
        }

        static NewMessage Replace(int n, TimeSpan delay) => Store.Message(delay, name: Store.UniqueName(n) with { Mode = DedupeMode.ReplacePending });
    });

    [Theory]
    [InlineData(10, 5_000)]
    [InlineData(100, 500)]
    [InlineData(1024, 50)]
    public async Task Exchange_LargeMessages_CallsAreShort(int kilobytes, int count) => await OnServerAsync(async (queue, measure) =>
    {
        // One of 1 MiB is the least that a call can take.
        var largest = kilobytes == 1024 ? kilobytes * 1024 : 0;
        await measure("add", () => Store.AddAsync(queue, count, _ => Store.Message(size: kilobytes * 1024)), largest);
        var leases = new List<Lease>();
        await measure("fetch", () => FetchAllAsync(leases), largest);
        await measure("release", () => Store.SettleAsync(queue, SettlementKind.Release, [.. leases]));
        leases.Clear();
        await FetchAllAsync(leases);
        await measure("dead", () => Store.SettleAsync(queue, SettlementKind.Dead, [.. leases]), largest);
        await measure("peek", async () => Assert.Equal(count, (await queue.Backend.PeekDeadAsync(count, Token)).Count), largest);
        await measure("requeue", async () => Assert.Equal(count, await queue.Backend.RequeueDeadAsync(count, Token)), largest);
        leases.Clear();
        await FetchAllAsync(leases);
        await measure("complete", () => Store.SettleAsync(queue, SettlementKind.Complete, [.. leases[..(leases.Count / 2)]]));
        await Store.SettleAsync(queue, SettlementKind.Dead, [.. leases[(leases.Count / 2)..]]);
        await measure("purge dead", () => queue.Backend.PurgeDeadAsync(Token).AsTask());
        Assert.Equal(default, await queue.Backend.CountAsync(Token));

        async Task FetchAllAsync(List<Lease> fetched)
        {
            while (fetched.Sum(static lease => lease.Deliveries.Count) < count)
            {
                fetched.Add(await Store.FetchAsync(queue, 500));
                Assert.NotEmpty(fetched[^1].Deliveries);
            }
        }
    });

    [Fact]
    public async Task Fetch_SomeLargeAmongSmall_CallsAreShort() => await OnServerAsync(async (queue, measure) =>
    {
        // All that one fetch reads would take 30 ms; it must not overlook the large ones, wherever they stand, and on its first call.
        await Store.AddAsync(queue, 400, n => Store.Message(size: n % 16 == 7 ? 1 << 20 : 100));
        var leases = new List<Lease>();
        await measure("fetch", async () =>
        {
            while (leases.Sum(static lease => lease.Deliveries.Count) < 400)
            {
                leases.Add(await Store.FetchAsync(queue, 400));
            }
        });
        Assert.InRange(leases.Count, 26, 60);
        await Store.SettleAsync(queue, SettlementKind.Complete, [.. leases]);

        // Up to 2 KB each are read at once.
        await Store.FetchAsync(queue, 1);
        await Store.AddAsync(queue, 2_000, n => Store.Message(size: n % 16 == 7 ? 100 : 1900));
        await measure("fetch of 2 KB", async () =>
        {
            while ((await Store.FetchAsync(queue, 500)).Deliveries.Count > 0)
            {
            }
        });
    });

    private static async Task RepeatAsync(Func<Task> action)
    {
        for (var n = 0; n < 10; n++)
        {
            await action();
        }
    }

    private static async Task OnServerAsync(Func<TaskQueue, Measure, Task> test, TimeProvider? clock = null)
    {
        await using var server = await RedisServer.StartAsync(CallMeter.Server);
        var meter = new CallMeter(await Probe.AdminAsync(server));
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(30), UseQueueClock = clock is not null });
        var queue = Probe.Queue(factory, options => options.TimeProvider = clock ?? options.TimeProvider);
        await queue.CountAsync(Token);
        await test(queue, meter.MeasureAsync);
        meter.AssertShort();
    }
}

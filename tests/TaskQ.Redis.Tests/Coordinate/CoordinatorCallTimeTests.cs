using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Tests.Faults.Model;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Coordinate;

/// <summary>How long a call of the companion holds the server, by its own slow log: no more than 2 ms, whatever has piled up.</summary>
[Collection(RealTimeCollection.Name)]
[Trait("speed", "slow")]
[Trait("Needs", "Quiet")]
public sealed class CoordinatorCallTimeTests
{
    private const int Calls = 20;
    private const int CallSize = 100;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Names_FullCalls_AreShort() => await OnServerAsync(async (companion, measure) =>
    {
        NameClaim[] claims = Claims(5 * Calls * CallSize);
        await measure("take 100 names", () => companion.TakeNamesAsync(claims, Day, Token).AsTask());
        await measure("confirm 100 names", () => companion.SettleNamesAsync(claims, true, Token).AsTask());
        await measure("meet 100 names", () => companion.TakeNamesAsync(Claims(claims.Length), Day, Token).AsTask());
    });

    [Fact]
    public async Task StartAndEnd_FullCallsWithNamesAndReplacements_AreShort() => await OnServerAsync(async (companion, measure) =>
    {
        NameClaim[] claims = Claims(Calls * CallSize);
        await companion.TakeNamesAsync(claims, Day, Token);
        await companion.SettleNamesAsync(claims, true, Token);
        NameClaim other = new(Guid.CreateVersion7(), claims[0].Name);
        Assert.Equal(Replacing.Open, await companion.BeginReplaceAsync(claims[0].Id, other, Day, Day, Token));
        Assert.Equal(Replacing.Done, await companion.EndReplaceAsync(claims[0].Id, other, true, Day, Token));
        var lease = new Lease(Guid.CreateVersion7(), Day);
        Guid[] ids = [other.Id, .. claims[1..].Select(claim => claim.Id)];

        await measure("start 100", async () => Assert.Equal(ids.Length, (await companion.StartAsync(lease, ids, Token)).Granted));
        await measure("end 100", () => companion.EndAsync([.. claims.Select(claim => new EndedMessage(lease.Id, claim.Id, true, null))], Token).AsTask());
    });

    [Fact]
    public async Task Beat_ManyLeasesWhileManyAreCancelled_IsShort() => await OnServerAsync(async (companion, measure) =>
    {
        var leases = new List<Lease>();
        for (var n = 0; n < 300; n++)
        {
            var lease = new Lease(Guid.CreateVersion7(), Day);
            Guid[] ids = [.. Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7())];
            await companion.StartAsync(lease, ids, Token);
            leases.Add(lease);
            await companion.CancelAsync(ids[0], Token);
        }

        await measure("beat 100 leases, 300 cancelled", async () =>
        {
            for (var n = 0; n < 5; n++)
            {
                Assert.Equal(300, (await companion.BeatAsync(leases, Token)).Count);
            }
        });
        await measure("purge 300 leases", () => companion.PurgeAsync(Token).AsTask());
    });

    [Fact]
    public async Task Start_ManyLeasesRanOut_EachCallIsShortAndAllSlotsComeBack()
    {
        var clock = new FrozenClock();
        await OnServerAsync((companion, measure) => RunOutAsync(companion, measure, clock), workerLimit: 1_000_000, clock);
    }

    private static async Task RunOutAsync(IQueueCoordinator companion, Func<string, Func<Task>, Task> measure, FrozenClock clock)
    {
        for (var n = 0; n < 200; n++)
        {
            Guid[] ids = [.. Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7())];
            await companion.StartAsync(new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(5)), ids, Token);
        }

        clock.Now += TimeSpan.FromSeconds(5);
        var look = new Lease(Guid.CreateVersion7(), Day);
        await measure("take back leases", async () =>
        {
            while ((await companion.StartAsync(look, [], Token)).Free < 1_000_000)
            {
            }
        });
    }

    private static NameClaim[] Claims(int count) =>
    [
        .. Enumerable.Range(0, count).Select(n =>
            new NameClaim(Guid.CreateVersion7(), new MessageName((UInt128)n, Day, n % 2 == 1, DedupeMode.KeepFirst)))
    ];

    private static async Task OnServerAsync(
        Func<IQueueCoordinator, Func<string, Func<Task>, Task>, Task> test,
        int? workerLimit = null,
        TimeProvider? clock = null)
    {
        await using var server = await RedisServer.StartAsync(CallMeter.Server);
        var meter = new CallMeter(await Probe.AdminAsync(server));
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(30), UseQueueClock = clock is not null });
        await using var companion = factory.CreateCoordinator(new QueueOptions { Name = "q", WorkerLimit = workerLimit, TimeProvider = clock ?? TimeProvider.System });
        await companion.CountDeadAsync(Token);
        await test(companion, (what, action) => meter.MeasureAsync(what, action));
        meter.AssertShort();
    }
}

using System.Globalization;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Tests.Faults.Model;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Coordinate;

/// <summary>How long a call of the companion holds the server, by its own slow log: no more than 2 ms, whatever has piled up.</summary>
/// <remarks>
/// The median counts, as in <see cref="CallTimeTests"/>; each line is printed. The slow log measures by the clock on the wall, which
/// goes on while the server waits for a core: so the mean of its processor time stands beside it, and counts for few calls.
/// </remarks>
[Collection(RealTimeCollection.Name)]
[Trait("speed", "slow")]
[Trait("Needs", "Quiet")]
public sealed class CoordinatorCallTimeTests
{
    private const int Calls = 20;
    private const int CallSize = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(2);
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
        await using var server = await RedisServer.StartAsync("--slowlog-log-slower-than", "100", "--slowlog-max-len", "20000");
        var admin = await Probe.AdminAsync(server);
        await using var factory = new RedisQueueFactory(server.Configuration, new RedisOptions { CallTimeout = TimeSpan.FromSeconds(30), UseQueueClock = clock is not null });
        await using var companion = factory.CreateCoordinator(new QueueOptions { Name = "q", WorkerLimit = workerLimit, TimeProvider = clock ?? TimeProvider.System });
        await companion.CountDeadAsync(Token);
        var failures = new List<string>();
        await test(companion, MeasureAsync);
        Assert.True(failures.Count == 0, string.Join("; ", failures));

        async Task MeasureAsync(string what, Func<Task> action)
        {
            await admin.ExecuteAsync("SLOWLOG", "RESET");
            var cpu = await ProcessorTimeAsync(admin);
            await action();
            cpu = await ProcessorTimeAsync(admin) - cpu;
            var entries = (RedisResult[])(await admin.ExecuteAsync("SLOWLOG", "GET", "20000"))!;
            TimeSpan[] times = [.. entries
                .Select(static entry => (RedisResult[])entry!)
                .Where(static entry => ((string)((RedisResult[])entry[3]!)[0]!).StartsWith("EVAL", StringComparison.OrdinalIgnoreCase))
                .Select(static entry => TimeSpan.FromMicroseconds((long)entry[2]))
                .Order()];
            if (times.Length == 0)
            {
                return;
            }

            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"{what}: {times.Length} calls, p50 {times[times.Length / 2].TotalMilliseconds:0.00} ms, most {times[^1].TotalMilliseconds:0.00} ms, {times.Count(time => time > Limit)} over {Limit.TotalMilliseconds} ms; processor {cpu.TotalMilliseconds / times.Length:0.00} ms each");
            TestContext.Current.TestOutputHelper!.WriteLine(line);
            if ((times.Length >= 5 ? times[times.Length / 2] : cpu / times.Length) > Limit)
            {
                failures.Add(line);
            }
        }
    }

    /// <summary>What the thread that runs the commands has used.</summary>
    private static async Task<TimeSpan> ProcessorTimeAsync(IDatabase admin)
    {
        var info = (string)(await admin.ExecuteAsync("INFO", "cpu"))!;
        return info.Split('\n')
            .Where(static line => line.StartsWith("used_cpu_user_main_thread:", StringComparison.Ordinal) || line.StartsWith("used_cpu_sys_main_thread:", StringComparison.Ordinal))
            .Aggregate(TimeSpan.Zero, static (sum, line) =>
                sum + TimeSpan.FromSeconds(double.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture)));
    }
}

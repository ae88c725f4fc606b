using System.Diagnostics;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Coordinate;

/// <summary>The companion by the server's own clock, as in production, and what it leaves behind.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class RedisCoordinatorTests(RedisServer server) : IAsyncLifetime
{
    private readonly string _name = "q-" + Guid.NewGuid().ToString("N");
    private readonly RedisQueueFactory _factory = new(server.Configuration);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _factory.DisposeAsync();

    [Fact]
    public async Task TakeNamesAsync_NotConfirmed_EndsWithItsPatienceAndConfirmedWithItsWindow()
    {
        var companion = Open();
        NameClaim first = Claim(1, TimeSpan.FromSeconds(1)), second = Claim(1, TimeSpan.FromSeconds(1));
        var start = Stopwatch.GetTimestamp();
        Assert.Equal([new NameHolder(first.Id, false)], await companion.TakeNamesAsync([first], TimeSpan.FromMilliseconds(300), Token));
        Assert.Equal([new NameHolder(first.Id, false)], await companion.TakeNamesAsync([second], TimeSpan.FromMilliseconds(300), Token));

        await TakenByAsync(second);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(290), TimeSpan.FromSeconds(5));

        start = Stopwatch.GetTimestamp();
        await companion.SettleNamesAsync([second], true, Token);
        Assert.Equal([new NameHolder(second.Id, true)], await companion.TakeNamesAsync([first], TimeSpan.FromSeconds(9), Token));
        await TakenByAsync(first);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(990), TimeSpan.FromSeconds(6));

        async Task TakenByAsync(NameClaim claim) => await Probe.EventuallyAsync(
            async () => (await companion.TakeNamesAsync([claim], TimeSpan.FromSeconds(9), Token))[0].Id == claim.Id,
            "the name is free");
    }

    [Fact]
    public async Task StartAsync_Limits_HoldByTheServersClock()
    {
        var companion = Open(options => (options.WorkerLimit, options.RateLimit) = (4, new RateLimit(1, TimeSpan.FromMilliseconds(200), 2)));
        var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromMilliseconds(600));
        Guid[] ids = [.. Enumerable.Range(0, 5).Select(_ => Guid.CreateVersion7())];

        var started = await companion.StartAsync(lease, ids, Token);

        Assert.Equal((2, 0), (started.Granted, started.Free));
        Assert.InRange(started.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(200));
        await Probe.EventuallyAsync(async () => (await companion.StartAsync(lease, ids[2..3], Token)).Granted == 1, "there is a permit");

        // The lease runs out: all slots are free.
        await Probe.EventuallyAsync(async () => (await companion.StartAsync(lease, [], Token)).Free == 2, "slots and permits are back");
    }

    [Fact]
    public async Task Dead_MoreThanAPage_AreListedCountedAndDeleted()
    {
        var companion = Open();
        var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(30));
        Guid[] ids = [.. Enumerable.Range(0, 333).Select(_ => Guid.CreateVersion7())];
        Assert.Equal(333, (await companion.StartAsync(lease, ids, Token)).Granted);
        foreach (var id in ids)
        {
            Assert.True(await companion.AddDeadAsync(lease.Id, Letter(id), Token));
        }

        Assert.False(await companion.AddDeadAsync(Guid.CreateVersion7(), Letter(ids[0]), Token));
        Assert.Equal(333, await companion.CountDeadAsync(Token));
        var letters = await companion.PeekDeadAsync(1000, Token);
        Assert.Equal(ids, letters.Select(letter => letter.Id));
        Assert.Equal(Letter(ids[0]).Death, letters[0].Death);
        Assert.Equal([7, 8, 9], letters[0].Body.Frame!);
        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange(letters[0].DiedAt, now.AddMinutes(-1), now.AddMinutes(1));
        Assert.True(await companion.DeleteDeadAsync(ids[0], null, Token));
        Assert.Null(await companion.GetDeadAsync(ids[0], Token));
        await companion.PurgeDeadAsync(Token);
        Assert.Equal(0, await companion.CountDeadAsync(Token));
    }

    [Fact]
    public async Task Companion_AllHasEnded_LeavesOnlyWhatEndsByItself()
    {
        var companion = Open(options => options.RateLimit = RateLimit.PerSecond(100));
        var claims = Enumerable.Range(0, 20).Select(n => Claim(n, TimeSpan.MaxValue, untilFinished: true)).ToArray();
        Guid[] ids = [.. claims.Select(claim => claim.Id)];
        await companion.TakeNamesAsync(claims, TimeSpan.FromSeconds(30), Token);
        await companion.SettleNamesAsync(claims, true, Token);
        var lease = new Lease(Guid.CreateVersion7(), TimeSpan.FromMilliseconds(200));
        await companion.StartAsync(lease, ids, Token);
        Assert.True(await companion.CancelAsync(ids[0], Token));
        Assert.Equal([ids[0]], await companion.BeatAsync([lease], Token));
        await companion.AddDeadAsync(lease.Id, Letter(ids[1]), Token);
        await companion.EndAsync([.. ids.Select(id => new EndedMessage(lease.Id, id, true, null))], Token);
        Assert.True(await companion.DeleteDeadAsync(ids[1], null, Token));

        // The lease's own key goes with the first call after it has run out.
        var admin = await Probe.AdminAsync(server);
        await Probe.EventuallyAsync(
            async () =>
            {
                await companion.StartAsync(new Lease(Guid.CreateVersion7(), TimeSpan.FromSeconds(1)), [], Token);
                var keys = (string[])(await admin.ExecuteAsync("KEYS", $"tq:{{{_name}}}:*"))!;
                return keys.All(key => key == $"tq:{{{_name}}}:k:g");
            },
            "only the rate limit's time is left");
    }

    private static DeadMessage Letter(Guid id) => new(id, new MessageBody([7, 8, 9]), new Death("why", "type", null, 3), default);

    private static NameClaim Claim(int key, TimeSpan window, bool untilFinished = false) =>
        new(Guid.CreateVersion7(), new MessageName((UInt128)key, window, untilFinished, DedupeMode.KeepFirst));

    private IQueueCoordinator Open(Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { Name = _name };
        configure?.Invoke(options);
        return _factory.CreateCoordinator(options);
    }
}

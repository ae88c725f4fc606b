using TaskQ.Redis.Tests.Faults.Audit;
using TaskQ.Redis.Tests.Faults.Model;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Faults;

/// <summary>
/// Random operations of three workers whose replies get lost, who die and whose leases run out, compared with a model after
/// each, and an audit of all keys by the invariants of protocol.md.
/// </summary>
public sealed class RandomModelTests
{
    private const int Steps = 1250;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Fault", "R39")]
    [Trait("Fault", "R27")]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public async Task Operations_AtRandomWithLostReplies_KeepTheInvariants(int seed, bool onCluster)
    {
        await using var server = onCluster ? await RedisServer.StartClusterAsync() : await RedisServer.StartAsync();
        var admin = await Probe.AdminAsync(server);
        var clock = new FrozenClock();
        var factories = Enumerable.Range(0, 3).Select(_ => new RedisQueueFactory(server.Configuration, new RedisOptions { UseQueueClock = true })).ToArray();
        var name = "model-" + seed;
        var queues = factories.Select(f => Probe.Queue(f, o => (o.Name, o.TimeProvider) = (name, clock))).ToArray();
        var world = new RandomWorld(new Random(seed), clock, [.. queues.Select(q => q.Backend)], admin, name);
        for (var step = 0; step < Steps; step++)
        {
            await world.StepAsync($"seed {seed}, step {step}", withKeys: step % 3 == 0);
        }

        var waiting = world.Waiting();
        Assert.Equal(waiting, await world.DrainAsync());
        var audit = await KeyAudit.ReadAsync(admin, name);
        audit.AssertConsistent("at the end");
        foreach (var factory in factories)
        {
            await factory.DisposeAsync();
        }

        Figures.Print($"seed {seed}: {Steps} operations, {world.Faults}, {waiting} left to run, {audit.Messages} left in the end{(onCluster ? ", on a cluster" : "")}");
        var errors = (string)(await admin.ExecuteAsync("INFO", "errorstats"))!;
        Assert.DoesNotContain("CROSSSLOT", errors, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((0, 0), (audit.Messages, audit.Leases));
        Assert.True(world.Faults is { LostReplies: > 20, ForgottenLeases: > 10, Duplicates: > 10, Refused: > 10 }, "too few faults");
    }
}

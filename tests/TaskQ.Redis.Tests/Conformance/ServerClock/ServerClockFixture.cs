using TaskQ.Conformance.Harness;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.ServerClock;

/// <summary>The Redis backend as it is in production: the scripts take the time from the server, and it passes by itself.</summary>
internal sealed class ServerClockFixture(RedisServer server) : BackendFixture
{
    private static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(50);

    public override TimeProvider TimeProvider => TimeProvider.System;

    public override bool HasFakeClock => false;

    public override bool SharesStore => true;

    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(150);

    public override TimeSpan LongestRealWait => TimeSpan.FromSeconds(4);

    public override QueueFactory CreateFactory() => new RedisQueueFactory(server.Configuration);

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step) => Task.Delay(by, TimeProvider.System);

    public override Task SettleAsync() => Task.Delay(Calm, TimeProvider.System);
}

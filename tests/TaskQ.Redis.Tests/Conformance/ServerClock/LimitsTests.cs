using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.ServerClock;

[Collection(RealTimeCollection.Name)]
public sealed class LimitsTests(RedisServer server) : Limits(new ServerClockFixture(server));

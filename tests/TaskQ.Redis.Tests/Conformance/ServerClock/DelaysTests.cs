using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.ServerClock;

[Collection(RealTimeCollection.Name)]
public sealed class DelaysTests(RedisServer server) : Delays(new ServerClockFixture(server));

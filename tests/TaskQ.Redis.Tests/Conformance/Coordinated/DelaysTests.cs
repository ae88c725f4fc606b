using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class DelaysTests(RedisServer server) : Delays(new RedisCoordinatedFixture(server));

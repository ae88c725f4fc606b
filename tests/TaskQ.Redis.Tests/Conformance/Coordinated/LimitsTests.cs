using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class LimitsTests(RedisServer server) : Limits(new RedisCoordinatedFixture(server));

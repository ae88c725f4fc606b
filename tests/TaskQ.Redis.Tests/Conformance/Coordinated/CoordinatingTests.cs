using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class CoordinatingTests(RedisServer server) : Coordinating(new RedisCoordinatedFixture(server));

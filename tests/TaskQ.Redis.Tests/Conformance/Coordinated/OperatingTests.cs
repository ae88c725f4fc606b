using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class OperatingTests(RedisServer server) : Operating(new RedisCoordinatedFixture(server));

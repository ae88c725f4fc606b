using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class BasicsTests(RedisServer server) : Basics(new RedisCoordinatedFixture(server));

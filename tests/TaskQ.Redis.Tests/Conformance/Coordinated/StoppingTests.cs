using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class StoppingTests(RedisServer server) : Stopping(new RedisCoordinatedFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class ConsumingTests(RedisServer server) : Consuming(new RedisCoordinatedFixture(server));

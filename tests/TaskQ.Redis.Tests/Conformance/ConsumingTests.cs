using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class ConsumingTests(RedisServer server) : Consuming(new RedisFixture(server));

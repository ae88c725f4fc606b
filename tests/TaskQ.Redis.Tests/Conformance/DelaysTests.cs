using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class DelaysTests(RedisServer server) : Delays(new RedisFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class LimitsTests(RedisServer server) : Limits(new RedisFixture(server));

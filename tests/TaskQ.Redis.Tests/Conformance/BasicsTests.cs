using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class BasicsTests(RedisServer server) : Basics(new RedisFixture(server));

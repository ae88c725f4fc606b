using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class OperatingTests(RedisServer server) : Operating(new RedisFixture(server));

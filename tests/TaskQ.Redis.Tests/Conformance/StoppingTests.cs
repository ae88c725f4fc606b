using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class StoppingTests(RedisServer server) : Stopping(new RedisFixture(server));

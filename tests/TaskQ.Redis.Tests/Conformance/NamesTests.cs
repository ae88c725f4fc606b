using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class NamesTests(RedisServer server) : Names(new RedisFixture(server));

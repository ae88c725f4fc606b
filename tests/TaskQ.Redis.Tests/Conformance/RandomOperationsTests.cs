using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class RandomOperationsTests(RedisServer server) : RandomOperations(new RedisFixture(server));

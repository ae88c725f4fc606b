using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class RetriesTests(RedisServer server) : Retries(new RedisFixture(server));

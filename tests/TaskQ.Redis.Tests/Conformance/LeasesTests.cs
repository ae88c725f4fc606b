using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class LeasesTests(RedisServer server) : Leases(new RedisFixture(server));

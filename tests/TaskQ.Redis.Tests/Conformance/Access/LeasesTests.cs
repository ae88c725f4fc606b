using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class LeasesTests(LimitedServer server) : Leases(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

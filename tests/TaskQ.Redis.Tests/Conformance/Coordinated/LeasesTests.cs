using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class LeasesTests(RedisServer server) : Leases(new RedisCoordinatedFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Conformance.Coordinated;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class CoordinatingTests(LimitedServer server) : Coordinating(new RedisCoordinatedFixture(server.Configuration)), IClassFixture<LimitedServer>;

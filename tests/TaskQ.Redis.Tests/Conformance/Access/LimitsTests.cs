using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class LimitsTests(LimitedServer server) : Limits(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

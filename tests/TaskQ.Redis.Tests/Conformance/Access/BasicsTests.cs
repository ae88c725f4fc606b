using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class BasicsTests(LimitedServer server) : Basics(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

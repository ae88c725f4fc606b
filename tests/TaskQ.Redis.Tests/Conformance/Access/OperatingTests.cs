using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class OperatingTests(LimitedServer server) : Operating(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class NamesTests(LimitedServer server) : Names(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

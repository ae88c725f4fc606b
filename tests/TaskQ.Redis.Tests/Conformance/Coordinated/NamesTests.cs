using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class NamesTests(RedisServer server) : Names(new RedisCoordinatedFixture(server));

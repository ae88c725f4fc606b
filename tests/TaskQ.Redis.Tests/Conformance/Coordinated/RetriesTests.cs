using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class RetriesTests(RedisServer server) : Retries(new RedisCoordinatedFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class PayloadsTests(RedisServer server) : Payloads(new RedisCoordinatedFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class PayloadsTests(RedisServer server) : Payloads(new RedisFixture(server));

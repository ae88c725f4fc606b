using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance;

public sealed class DeadLettersTests(RedisServer server) : DeadLetters(new RedisFixture(server));

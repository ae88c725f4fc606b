using TaskQ.Conformance;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Redis.Tests.Conformance.Coordinated;

public sealed class DeadLettersTests(RedisServer server) : DeadLetters(new RedisCoordinatedFixture(server));

using TaskQ.Conformance;
using TaskQ.Redis.Tests.Connect;

namespace TaskQ.Redis.Tests.Conformance.Access;

public sealed class DeadLettersTests(LimitedServer server) : DeadLetters(new RedisFixture(server.Configuration)), IClassFixture<LimitedServer>;

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class DeadLettersTests(FauxqsServer server, RedisCompanion companion) : DeadLetters(new SqsFixture(server, companion));

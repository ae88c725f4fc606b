using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class BasicsTests(FauxqsServer server, RedisCompanion companion) : Basics(new SqsFixture(server, companion));

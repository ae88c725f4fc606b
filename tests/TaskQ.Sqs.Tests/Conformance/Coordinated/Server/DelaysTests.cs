using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class DelaysTests(FauxqsServer server, RedisCompanion companion) : Delays(new SqsFixture(server, companion));

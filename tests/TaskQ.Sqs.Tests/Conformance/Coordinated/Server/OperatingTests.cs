using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class OperatingTests(FauxqsServer server, RedisCompanion companion) : Operating(new SqsFixture(server, companion));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class LimitsTests(FauxqsServer server, RedisCompanion companion) : Limits(new SqsFixture(server, companion));

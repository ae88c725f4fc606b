using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class NamesTests(FauxqsServer server, RedisCompanion companion) : Names(new SqsFixture(server, companion));

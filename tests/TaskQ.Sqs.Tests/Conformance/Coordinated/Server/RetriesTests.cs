using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class RetriesTests(FauxqsServer server, RedisCompanion companion) : Retries(new SqsFixture(server, companion));

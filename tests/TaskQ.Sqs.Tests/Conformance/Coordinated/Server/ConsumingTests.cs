using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class ConsumingTests(FauxqsServer server, RedisCompanion companion) : Consuming(new SqsFixture(server, companion));

using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class PayloadsTests(FauxqsServer server, RedisCompanion companion) : Payloads(new SqsFixture(server, companion));

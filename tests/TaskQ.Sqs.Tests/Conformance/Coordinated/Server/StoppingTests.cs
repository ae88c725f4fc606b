using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class StoppingTests(FauxqsServer server, RedisCompanion companion) : Stopping(new SqsFixture(server, companion));

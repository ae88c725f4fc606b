using TaskQ.Conformance;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Conformance.Coordinated.Server;

public sealed class LeasesTests(FauxqsServer server, RedisCompanion companion) : Leases(new SqsFixture(server, companion));

using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

[Collection(RealTimeCollection.Name)]
public sealed class FauxqsFifoTests(FauxqsServer server, RedisCompanion companion) : FifoFacts(server, companion);

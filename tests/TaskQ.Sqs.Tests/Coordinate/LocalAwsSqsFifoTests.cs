using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Coordinate;

[Collection(RealTimeCollection.Name)]
public sealed class LocalAwsSqsFifoTests(LocalAwsSqsServer server, RedisCompanion companion) : FifoFacts(server, companion);

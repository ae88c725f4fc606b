using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Queues;

public sealed class LocalAwsSqsQueueTests(LocalAwsSqsServer server) : QueueFinderFacts(server);

using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Queues;

public sealed class FauxqsQueueTests(FauxqsServer server) : QueueFinderFacts(server);

using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Client;

public sealed class FauxqsTests(FauxqsServer server) : SqsClientFacts(server);

using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

[Collection(RealTimeCollection.Name)]
public sealed class SettleFaultTests(FauxqsServer server) : SettleFaults(server);

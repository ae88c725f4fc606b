using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults.LocalAwsSqs;

[Collection(RealTimeCollection.Name)]
public sealed class ReceiveFaultTests(LocalAwsSqsServer server) : ReceiveFaults(server);

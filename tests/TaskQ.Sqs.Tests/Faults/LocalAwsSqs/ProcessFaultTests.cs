using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults.LocalAwsSqs;

[Collection(RealTimeCollection.Name)]
public sealed class ProcessFaultTests(LocalAwsSqsServer server) : ProcessFaults(server);

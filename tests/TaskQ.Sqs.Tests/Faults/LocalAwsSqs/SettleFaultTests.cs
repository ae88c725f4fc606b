using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults.LocalAwsSqs;

[Collection(RealTimeCollection.Name)]
public sealed class SettleFaultTests(LocalAwsSqsServer server, Standstill machine) : SettleFaults(server, machine);

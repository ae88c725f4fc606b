using TaskQ.Conformance.Harness;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Faults;

[Collection(RealTimeCollection.Name)]
public sealed class SettleFaultTests(FauxqsServer server, Standstill machine) : SettleFaults(server, machine);

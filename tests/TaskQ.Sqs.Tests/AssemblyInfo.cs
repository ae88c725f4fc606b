using TaskQ.Sqs.Tests.Server;

[assembly: AssemblyFixture(typeof(FauxqsServer))]
[assembly: AssemblyFixture(typeof(LocalAwsSqsServer))]
[assembly: AssemblyFixture(typeof(RedisCompanion))]

// Most of them wait for whole seconds of SQS; what measures real time is in RealTimeCollection.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]

using TaskQ.Sqs.Tests.Server;

[assembly: AssemblyFixture(typeof(FauxqsServer))]
[assembly: AssemblyFixture(typeof(LocalAwsSqsServer))]
[assembly: AssemblyFixture(typeof(RedisCompanion))]

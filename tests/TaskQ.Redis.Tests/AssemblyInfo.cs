using TaskQ.Redis.Tests.Server;

[assembly: AssemblyFixture(typeof(RedisServer))]

namespace TaskQ.Redis.Tests.Server;

/// <content>What makes it a fixture of the test framework.</content>
public sealed partial class RedisServer : IAsyncLifetime;

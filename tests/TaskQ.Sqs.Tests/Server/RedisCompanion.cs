using TaskQ.Redis.Tests.Server;

namespace TaskQ.Sqs.Tests.Server;

/// <summary>The Redis server in which the tests keep what SQS has no notion of.</summary>
public sealed class RedisCompanion : IAsyncLifetime
{
    private readonly RedisServer _server = new();

    /// <summary>The configuration of StackExchange.Redis for it.</summary>
    public string Configuration => _server.Configuration;

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

using TaskQ.Redis.Tests.Server;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>The Redis server of all tests.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private readonly RedisServer _server = new();

    public string Configuration => _server.Configuration;

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

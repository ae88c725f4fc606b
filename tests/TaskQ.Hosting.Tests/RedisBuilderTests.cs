using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskQ.Redis.Tests.Server;

namespace TaskQ.Hosting.Tests;

public sealed class RedisBuilderTests : IAsyncLifetime
{
    private readonly RedisServer _server = new();
    private readonly string _prefix = "h" + Guid.NewGuid().ToString("N");

    public async ValueTask InitializeAsync() => await _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task UseRedis_ApiAndWorkerHosts_ShareAQueue()
    {
        var ran = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost api = await TestHost.StartAsync(taskq =>
        {
            taskq.UseRedis(_server.Configuration, options => options.KeyPrefix = _prefix);
            taskq.AddQueue("main").AddTask<string>("greet");
        });
        using IHost worker = await TestHost.StartAsync(taskq =>
        {
            taskq.UseRedis(_server.Configuration, options => options.KeyPrefix = _prefix);
            taskq.AddQueue("main").AddTask<string>("greet", ran.SetResult);
            taskq.RunConsumers();
        });

        await api.Queue().AddAsync(api.Services.GetRequiredKeyedService<TaskDefinition<string>>("greet").WithArgs("World"));

        Assert.Equal("World", await TestHost.Within(ran.Task));
        await TestHost.Within(worker.StopAsync());
    }

    [Fact]
    public async Task UseRedis_WithoutConfiguration_TakesTheHostsConnectionAndLeavesItOpen()
    {
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
        using (IHost host = await TestHost.StartAsync(
            taskq => taskq.UseRedis(options => options.KeyPrefix = _prefix).AddQueue("main").AddTask<int>("t"),
            services => services.AddSingleton<IConnectionMultiplexer>(connection)))
        {
            await host.Queue().AddAsync(host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(1));
            Assert.Same(connection, host.Services.GetRequiredService<IConnectionMultiplexer>());
        }

        Assert.True(connection.IsConnected);
        Assert.NotEqual(TimeSpan.Zero, await connection.GetDatabase().PingAsync());
    }

    [Fact]
    public async Task UseRedis_KeyedConnection_IsTaken()
    {
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(_server.Configuration);
        using IHost host = await TestHost.StartAsync(
            taskq => taskq.UseRedis(services => services.GetRequiredKeyedService<IConnectionMultiplexer>("jobs")).AddQueue("main"),
            services => services.AddKeyedSingleton<IConnectionMultiplexer>("jobs", connection));

        Assert.Equal(default, await host.Queue().CountAsync());
    }

    [Fact]
    public async Task UseRedis_NoConnectionInContainer_FailsWithTheFix()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseRedis().AddQueue("main"));

        string error = await TestHost.StartErrorAsync(builder);

        Assert.StartsWith("Queue 'main': its backend Redis could not be made:", error, StringComparison.Ordinal);
        Assert.Contains("UseRedis(\"localhost:6379\")", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunConsumers_ServerEvicts_FailsTheStartOfTheHost()
    {
        await using RedisServer server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseRedis(server.Configuration).RunConsumers().AddQueue("main"));

        Assert.Contains("maxmemory-policy allkeys-lru", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_ServerGone_IsUnhealthy()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        using IHost host = await TestHost.StartAsync(
            taskq => taskq.UseRedis(server.Configuration, options => options.CallTimeout = TimeSpan.FromMilliseconds(500)).AddQueue("main"),
            services => services.AddHealthChecks().AddTaskQ());
        HealthCheckService checks = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await TestHost.Within(checks.CheckHealthAsync())).Status);

        await server.KillAsync();

        Assert.Equal(HealthStatus.Unhealthy, (await TestHost.Within(checks.CheckHealthAsync())).Status);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskQ.Hosting.Tests.Run;

public sealed class ConsumerServiceTests
{
    private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _cancelled;

    [Fact]
    public async Task StartAsync_Consumers_StartAfterEverythingElse()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory().AddQueue("main");
                taskq.RunConsumers();
            },
            services => services.AddSingleton<Neighbour>().AddHostedService(provider => provider.GetRequiredService<Neighbour>()));

        Assert.False(host.Services.GetRequiredService<Neighbour>().RanWhenItStarted);
        Assert.True(host.Queue().Consumer.Stats.Running);
    }

    [Fact]
    public async Task StartAsync_WithoutRunConsumers_RunsNone()
    {
        using IHost host = await TestHost.StartAsync(taskq => taskq.UseMemory().AddQueue("main"));

        Assert.False(host.Queue().Consumer.Stats.Running);
    }

    [Fact]
    public async Task StartAsync_NamedQueues_RunsThoseOnly()
    {
        using IHost host = await TestHost.StartAsync(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("a");
            taskq.AddQueue("b");
            taskq.AddQueue("c");
            taskq.RunConsumers("a").RunConsumers("c");
        });

        Assert.Equal([true, false, true], new[] { "a", "b", "c" }.Select(name => host.Queue(name).Consumer.Stats.Running));
    }

    [Fact]
    public async Task StartAsync_UnknownQueueName_FailsWithItAndTheQueues()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq =>
        {
            taskq.UseMemory().AddQueue("main");
            taskq.RunConsumers("mian");
        });

        Assert.StartsWith("RunConsumers names 'mian', but the host's queues are: main.", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_NegativeStopTimeout_Fails()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().RunConsumers(options => options.StopTimeout = TimeSpan.FromSeconds(-1)));

        Assert.Contains("StopTimeout is -00:00:01", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StopAsync_RunningHandler_EndsBeforeOthersAreStopped()
    {
        using IHost host = await StartBusyAsync(
            _ => { },
            services => services.AddSingleton<Neighbour>().AddHostedService(provider => provider.GetRequiredService<Neighbour>()));

        Task stop = host.StopAsync();
        _mayEnd.SetResult();
        await TestHost.Within(stop);

        Assert.Equal(1, host.Services.GetRequiredService<Neighbour>().ProcessedWhenItStopped);
        Assert.False(_cancelled);
    }

    [Fact]
    public async Task StopAsync_HandlerBeyondStopTimeout_IsCancelledAndGivenBack()
    {
        using IHost host = await StartBusyAsync(options => options.StopTimeout = TimeSpan.Zero);

        await TestHost.Within(host.StopAsync());

        Assert.True(_cancelled);
        Assert.Equal(new QueueCounts(Ready: 2, Delayed: 0, InFlight: 0, Dead: 0), await host.Queue().CountAsync());
    }

    [Fact]
    public async Task StopAsync_HostsTimeoutFirst_CutsTheStopShortAndSaysSo()
    {
        var logs = new LogRecorder();
        using IHost host = await StartBusyAsync(
            _ => { },
            services => services
                .AddSingleton<ILoggerProvider>(logs)
                .Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(100)));
        long start = TimeProvider.System.GetTimestamp();

        await Record.ExceptionAsync(() => TestHost.Within(host.StopAsync()));

        Assert.True(_cancelled);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(2, (await host.Queue().CountAsync()).Ready);
        Assert.Single(logs.Lines, line => line.Id.Id == 9001);
    }

    [Fact]
    public async Task StartAsync_StoreThatIsAway_DoesNotEndTheHost()
    {
        using IHost host = await TestHost.StartAsync(taskq =>
        {
            taskq.UseRedis("127.0.0.1:1,connectTimeout=200", options => options.CallTimeout = TimeSpan.FromMilliseconds(200)).AddQueue("main");
            taskq.RunConsumers();
        });

        Assert.True(host.Queue().Consumer.Stats.Running);
        await TestHost.Within(host.StopAsync());
    }

    /// <summary>A host whose one worker is busy with the first of two messages.</summary>
    private async Task<IHost> StartBusyAsync(Action<ConsumerHostOptions> configure, Action<IServiceCollection>? services = null)
    {
        IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main", options => options.MaxWorkers = 1).AddTask<int>("t", async (int _, CancellationToken cancellationToken) =>
                {
                    _began.TrySetResult();
                    try
                    {
                        await _mayEnd.Task.WaitAsync(cancellationToken);
                    }
                    finally
                    {
                        _cancelled = cancellationToken.IsCancellationRequested;
                    }
                });
                taskq.RunConsumers(configure);
            },
            services);
        var task = host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t");
        await host.Queue().AddAsync(task.WithArgs(1));
        await TestHost.Within(_began.Task);
        await host.Queue().AddAsync(task.WithArgs(2));
        return host;
    }

    private sealed class Neighbour(IQueueRegistry registry) : IHostedService
    {
        public bool RanWhenItStarted { get; private set; }

        public long ProcessedWhenItStopped { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            RanWhenItStarted = registry.Get("main").Consumer.Stats.Running;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            ProcessedWhenItStopped = registry.Get("main").Consumer.Stats.Processed;
            return Task.CompletedTask;
        }
    }
}

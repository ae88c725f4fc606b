using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TaskQ.Memory.Testing;
using TaskQ.Tests.Consume;

namespace TaskQ.Hosting.Tests.Health;

public sealed class QueueHealthCheckTests : IAsyncDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedBackend _backend = new();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task Check_WorkingQueue_IsHealthyWithItsFigures()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main").AddTask("t", () => { });
                taskq.RunConsumers();
            },
            services => services.AddHealthChecks().AddTaskQ(tags: ["ready"]));
        await host.Queue().AddAsync(host.Queue().Tasks["t"].WithArgs().WithDelay(TimeSpan.FromHours(1)));
        await TestHost.UntilAsync(() => Task.FromResult(host.Queue().Consumer.Stats.LastFetchAge is not null));

        HealthReportEntry entry = await CheckAsync(host);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(["ready"], entry.Tags);
        Assert.Equal(
            ["main.dead", "main.delayed", "main.inFlight", "main.lastFetchAge", "main.paused", "main.ready", "main.running", "main.workers"],
            entry.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((0L, 1L, true, false, 1), (entry.Data["main.ready"], entry.Data["main.delayed"], entry.Data["main.running"], entry.Data["main.paused"], entry.Data["main.workers"]));
        Assert.IsType<TimeSpan>(entry.Data["main.lastFetchAge"]);
    }

    [Fact]
    public async Task Check_QueueWithoutConsumerHere_IsHealthy()
    {
        using IHost host = await TestHost.StartAsync(
            taskq => taskq.UseMemory().AddQueue("main"), services => services.AddHealthChecks().AddTaskQ());

        HealthReportEntry entry = await CheckAsync(host);

        Assert.Equal(HealthStatus.Healthy, entry.Status);
        Assert.Equal(false, entry.Data["main.running"]);
        Assert.DoesNotContain("main.workers", entry.Data.Keys);
    }

    [Fact]
    public async Task Check_SelectedQueues_LooksAtThoseOnly()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("a");
                taskq.AddQueue("b");
            },
            services => services.AddHealthChecks().AddTaskQ("b-queue", queues: ["b"]));

        HealthReportEntry entry = await CheckAsync(host, "b-queue");

        Assert.All(entry.Data.Keys, key => Assert.StartsWith("b.", key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_HostWithoutTaskQ_SaysWhatIsMissing()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddHealthChecks().AddTaskQ();
        using IHost host = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => CheckAsync(host));

        Assert.Contains("services.AddTaskQ(taskq => ...)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_PausedByErrors_IsDegraded()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main", options => options.PauseErrorsThreshold = 1)
                    .AddTask("t", void () => throw new InvalidOperationException("no"));
                taskq.RunConsumers();
            },
            services => services.AddHealthChecks().AddTaskQ());
        await host.Queue().AddAsync(host.Queue().Tasks["t"].WithArgs());
        await TestHost.UntilAsync(() => Task.FromResult(host.Queue().Consumer.Stats.PausedByErrors));

        HealthReportEntry entry = await CheckAsync(host);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("Queue 'main': fetching is paused by errors.", entry.Description);
    }

    [Fact]
    public async Task Check_StoreThatDoesNotAnswer_HasTheFailureStatus()
    {
        _backend.OnCount = () => throw new TimeoutException("too late");
        using IHost host = await StartScriptedAsync(checks => checks.AddTaskQ(failureStatus: HealthStatus.Degraded));

        HealthReportEntry entry = await CheckAsync(host);

        Assert.Equal(HealthStatus.Degraded, entry.Status);
        Assert.Equal("Queue 'main': the store does not answer: too late.", entry.Description);
        Assert.IsType<TimeoutException>(entry.Exception);
    }

    [Theory]
    [InlineData(null, 40)]
    [InlineData(5, 5)]
    public async Task Check_FetchWithoutAnswer_FailsAfterItsTime(int? stalledAfterSeconds, int limit)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _backend.OnExchange = (_, _, cancellationToken) =>
        {
            asked.TrySetResult();
            return new(Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ContinueWith(_ => Backend.ExchangeResult.Empty, TaskScheduler.Default));
        };
        using IHost host = await StartScriptedAsync(checks =>
            checks.AddTaskQ(stalledAfter: stalledAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        await TestHost.Within(asked.Task);

        _clock.Advance(TimeSpan.FromSeconds(limit));
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);

        _clock.Advance(TimeSpan.FromSeconds(1));
        HealthReportEntry entry = await CheckAsync(host);
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.StartsWith("Queue 'main': no fetch was answered for 00:00:", entry.Description, StringComparison.Ordinal);
        await TestHost.Within(host.StopAsync());
    }

    [Fact]
    public async Task Check_BufferFullForLong_IsHealthy()
    {
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main", options =>
                {
                    options.MaxWorkers = options.MaxFetchers = 1;
                    options.FetchBatchSize = options.BufferSize = 1;
                    options.LeaseDuration = TimeSpan.FromDays(20);
                }).AddTask("t", () => mayEnd.Task);
                taskq.RunConsumers();
            },
            services =>
            {
                services.AddSingleton<TimeProvider>(_clock);
                services.AddHealthChecks().AddTaskQ();
            });
        await host.Queue().AddRangeAsync(Enumerable.Range(0, 9).Select(_ => host.Queue().Tasks["t"].WithArgs()));
        await TestHost.UntilAsync(() => Task.FromResult(host.Queue().Consumer.Stats.Buffered == 1));

        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host)).Status);
        mayEnd.SetResult();
        await TestHost.Within(host.StopAsync());
    }

    private Task<IHost> StartScriptedAsync(Action<IHealthChecksBuilder> checks) => TestHost.StartAsync(
        taskq =>
        {
            taskq.UseBackend("scripted", _ => new ScriptedFactory(_backend));
            taskq.AddQueue("main", options => options.MaxFetchers = 1);
            taskq.RunConsumers();
        },
        services =>
        {
            services.AddSingleton<TimeProvider>(_clock);
            checks(services.AddHealthChecks());
        });

    private static async Task<HealthReportEntry> CheckAsync(IHost host, string name = "taskq")
    {
        HealthReport report = await TestHost.Within(host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync());
        return report.Entries[name];
    }
}

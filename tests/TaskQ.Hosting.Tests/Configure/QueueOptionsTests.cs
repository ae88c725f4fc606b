using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TaskQ.Hosting.Configure;
using TaskQ.Memory.Testing;

namespace TaskQ.Hosting.Tests.Configure;

public sealed class QueueOptionsTests
{
    [Fact]
    public void Options_InConfiguration_AreBound()
    {
        QueueOptions options = Options(
            ("TaskQ:Queues:main:MaxWorkers", "7"),
            ("TaskQ:Queues:main:fetchwait", "00:00:03"),
            ("TaskQ:Queues:main:DeadLetterRetention", "2.00:00:00"),
            ("TaskQ:Queues:main:WorkerLimit", "5"),
            ("TaskQ:Queues:main:BufferSize", ""),
            ("TaskQ:Queues:main:RateLimit:Permits", "10"),
            ("TaskQ:Queues:main:RateLimit:Period", "00:00:01"),
            ("TaskQ:Queues:main:UnknownTask:RetryLimit", "3"),
            ("TaskQ:Queues:other:MaxWorkers", "8"));

        Assert.Equal(7, options.MaxWorkers);
        Assert.Equal(TimeSpan.FromSeconds(3), options.FetchWait);
        Assert.Equal(TimeSpan.FromDays(2), options.DeadLetterRetention);
        Assert.Equal(5, options.WorkerLimit);
        Assert.Equal(RateLimit.PerSecond(10), options.RateLimit);
        Assert.Equal(3, options.UnknownTask!.RetryLimit);
    }

    [Fact]
    public void Options_InConfigurationAndCode_CodeWinsWhereverItStands()
    {
        HostApplicationBuilder builder = TestHost.Builder(
            ("TaskQ:Queues:main:MaxWorkers", "7"), ("TaskQ:Queues:main:MinWorkers", "6"), ("TaskQ:Queues:main:MaxFetchers", "5"));
        builder.Services.Configure<QueueOptions>("main", options => options.MaxWorkers = 70);
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main", options => options.MinWorkers = 60));

        using IHost host = builder.Build();

        QueueOptions options = host.Queue().Options;
        Assert.Equal((60, 70, 5), (options.MinWorkers, options.MaxWorkers, options.MaxFetchers));
    }

    [Theory]
    [InlineData("MaxWorkers", "0", "Queue 'main': MaxWorkers is 0: it must be at least MinWorkers (1).")]
    [InlineData("MaxWorkers", "many", "TaskQ:Queues:main:MaxWorkers is 'many'; it must be a whole number")]
    [InlineData("MaxWorkers", null, "TaskQ:Queues:main:MaxWorkers is ''; it must be a whole number")]
    [InlineData("FetchWait", "30", "TaskQ:Queues:main:FetchWait is '30'; it must be a time such as 00:00:30, or 7.00:00:00 for 7 days")]
    [InlineData("MaxWorker", "3", "TaskQ:Queues:main:MaxWorker is not known; known are MinWorkers, MaxWorkers,")]
    [InlineData("UnknownTask:Retries", "3", "TaskQ:Queues:main:UnknownTask:Retries is not known; known are RetryLimit,")]
    [InlineData("RateLimit:Permits", "3", "TaskQ:Queues:main:RateLimit must have Permits of at least 1, a Period")]
    [InlineData("Serializer", "json", "TaskQ:Queues:main:Serializer can be set by code only")]
    public async Task StartAsync_BadConfiguration_FailsWithNameAndValue(string key, string? value, string expected)
    {
        HostApplicationBuilder builder = TestHost.Builder(("TaskQ:Queues:main:" + key, value));
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main"));

        Assert.Contains(expected, await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_SeveralBadOptions_FailsWithAll()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main", options =>
        {
            options.MinFetchers = 0;
            options.PauseDuration = TimeSpan.Zero;
            options.Name = "other";
        }));

        string error = await TestHost.StartErrorAsync(builder);

        Assert.Contains("MinFetchers is 0", error, StringComparison.Ordinal);
        Assert.Contains("PauseDuration is 00:00:00", error, StringComparison.Ordinal);
        Assert.Contains("Name is 'other'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_SectionOfUnknownQueue_IsWarnedOf()
    {
        var logs = new LogRecorder();
        HostApplicationBuilder builder = TestHost.Builder(("TaskQ:Queues:mian:MaxWorkers", "3"));
        builder.Logging.AddProvider(logs);
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main"));

        using IHost host = builder.Build();
        await TestHost.Within(host.StartAsync());

        var line = Assert.Single(logs.Lines, line => line.Id.Id == 9000);
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains("TaskQ:Queues:mian", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_OfSection_AreAllOptionsThatCodeAloneCantSet() =>
        Assert.Equal(
            typeof(QueueOptions).GetProperties().Select(property => property.Name).Order(),
            QueueSection.Keys.Concat(QueueSection.CodeOnly).Order());

    [Fact]
    public void Options_ByMonitor_AreNamedByQueue()
    {
        using IHost host = TestHost.Build(taskq => taskq.UseMemory().AddQueue("main", options => options.MaxWorkers = 9));

        Assert.Equal(9, host.Services.GetRequiredService<IOptionsMonitor<QueueOptions>>().Get("main").MaxWorkers);
    }

    [Fact]
    public void Options_OfHostWithClock_TakeIt()
    {
        var clock = new ManualTimeProvider();

        using IHost host = TestHost.Build(taskq => taskq.UseMemory().AddQueue("main"), services => services.AddSingleton<TimeProvider>(clock));

        Assert.Same(clock, host.Queue().Options.TimeProvider);
    }

    [Fact]
    public async Task AddTaskQ_WithoutConfigurationInContainer_Works()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddTaskQ(taskq => taskq.UseMemory().AddQueue("main"))
            .BuildServiceProvider();

        Assert.Equal("main", services.GetRequiredService<TaskQueue>().Name);
    }

    private static QueueOptions Options(params (string Key, string? Value)[] settings)
    {
        HostApplicationBuilder builder = TestHost.Builder(settings);
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main"));
        using IHost host = builder.Build();
        return host.Queue().Options;
    }
}

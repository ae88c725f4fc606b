using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TaskQ.Memory;

namespace TaskQ.Hosting.Tests;

public sealed class AddTaskQTests
{
    [Fact]
    public async Task AddTaskQ_Sample_RunsAsWritten()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        var logs = new LogRecorder();
        builder.Logging.AddProvider(logs);

#pragma warning disable CA1873 // Written as users write it.
        builder.Services.AddTaskQ(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("main", options => options.MaxWorkers = 64)
                 .AddTask<string>("greeting", (string name, ILogger<Program> log) => log.LogInformation("Hello {Name}", name))
                 .AddTasksFrom<EmailTasks>();
            taskq.RunConsumers();
        });
#pragma warning restore CA1873
        builder.Services.AddHealthChecks().AddTaskQ();

        using IHost host = builder.Build();
        await TestHost.Within(host.StartAsync());
        TaskQueue main = host.Services.GetRequiredService<TaskQueue>();
        await main.AddAsync(host.Services.GetRequiredKeyedService<TaskDefinition<string>>("greeting").WithArgs("World"));
        await TestHost.Within(main.Consumer.ProcessAllAsync());
        await TestHost.Within(host.StopAsync());

        Assert.Contains(logs.Lines, line => line.Text == "Hello World");
        Assert.Equal(64, main.Options.MaxWorkers);
        Assert.Contains("mail", main.Tasks);
    }

    [Fact]
    public void AddTaskQ_CalledAgain_AddsUp()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("main", options => options.MaxWorkers = 3).AddTask<int>("a"));
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("main", options => options.MinWorkers = 2).AddTask<int>("a", (int _) => { }).AddTask<int>("b"));
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("other"));
        builder.Services.AddTaskQ(taskq => taskq.UseMemory());

        using IHost host = builder.Build();

        TaskQueue main = host.Queue();
        Assert.Equal((2, 3), (main.Options.MinWorkers, main.Options.MaxWorkers));
        Assert.Equal(["a", "b"], main.Tasks.Keys.Order());
        Assert.Equal(["main", "other"], host.Services.GetRequiredService<IQueueRegistry>().Queues.Select(queue => queue.Name));
    }

    [Fact]
    public void AddQueue_SeveralBackends_TakesOwnThenNearestThenFirst()
    {
        var made = new List<string>();
        var factories = new Dictionary<string, QueueFactory>();
        QueueFactory Make(string name)
        {
            made.Add(name);
            return factories[name] = new MemoryQueueFactory();
        }

        using IHost host = TestHost.Build(taskq =>
        {
            taskq.AddQueue("early");
            taskq.UseBackend("first", _ => Make("first"));
            taskq.AddQueue("a");
            taskq.UseBackend("second", _ => Make("second"));
            taskq.AddQueue("b");
            taskq.AddQueue("c").UseBackend("own", _ => Make("own"));
            taskq.UseBackend("unused", _ => Make("unused"));
        });
        _ = host.Queue("a");

        string[] On(string name) => [.. factories[name].Queues.Select(queue => queue.Name)];
        Assert.Equal(["early", "a"], On("first"));
        Assert.Equal(["b"], On("second"));
        Assert.Equal(["c"], On("own"));
        Assert.Equal(["first", "second", "own"], made);
    }

    [Fact]
    public async Task StartAsync_QueueWithoutBackend_FailsWithItsNameAndTheFix()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("main"));

        string error = await TestHost.StartErrorAsync(builder);

        Assert.Contains("Queue 'main' has no backend", error, StringComparison.Ordinal);
        Assert.Contains("AddQueue(\"main\").UseMemory()", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_BackendThatCantBeMade_FailsWithQueueAndBackend()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.AddQueue("main").UseMemory(options => options.MaxNames = 0));

        string error = await TestHost.StartErrorAsync(builder);

        Assert.StartsWith("Queue 'main': its backend Memory could not be made: The memory options are not valid. MaxNames is 0", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TaskQueue_OfOneQueue_IsServiceWithAndWithoutKey()
    {
        using IHost host = TestHost.Build(taskq => taskq.UseMemory().AddQueue("main"), services => services.AddTransient<MainClient>());

        Assert.Same(host.Queue(), host.Services.GetRequiredService<TaskQueue>());
        Assert.Same(host.Queue(), host.Services.GetRequiredService<MainClient>().Queue);
        Assert.Same(host.Queue(), host.Services.GetRequiredService<IQueueRegistry>().Get("main"));
    }

    [Fact]
    public void TaskQueue_OfSeveralQueuesWithoutKey_FailsWithTheFix()
    {
        using IHost host = TestHost.Build(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("main");
            taskq.AddQueue("other");
        });

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<TaskQueue>());

        Assert.Contains("[FromKeyedServices(\"main\")] TaskQueue", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Get_UnknownName_ListsTheQueues()
    {
        using IHost host = TestHost.Build(taskq => taskq.UseMemory().AddQueue("main"));

        var error = Assert.Throws<KeyNotFoundException>(() => host.Services.GetRequiredService<IQueueRegistry>().Get("mian"));

        Assert.Equal("The host has no queue 'mian'. It has: main.", error.Message);
    }

    [Fact]
    public void AddQueue_BadName_ThrowsAtOnce()
    {
        var error = Assert.Throws<ArgumentException>(() => TestHost.Build(taskq => taskq.AddQueue("my queue")));

        Assert.Contains("'my queue'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddTaskQ_TwoHosts_DoNotMeet()
    {
        var ran = new List<string>();
        Action<TaskQHostBuilder> Describe(string host) => taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("main").AddTask<int>("t", (int number) =>
            {
                lock (ran)
                {
                    ran.Add($"{host}{number}");
                }
            });
            taskq.RunConsumers();
        };
        using IHost a = await TestHost.StartAsync(Describe("a"));
        using IHost b = await TestHost.StartAsync(Describe("b"));

        await a.Queue().AddAsync(a.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(1));
        await b.Queue().AddAsync(b.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(2));
        await TestHost.Within(a.Queue().Consumer.ProcessAllAsync());
        await TestHost.Within(a.StopAsync());
        await TestHost.Within(b.Queue().Consumer.ProcessAllAsync());

        Assert.Equal(["a1", "b2"], ran.Order());
        Assert.False(a.Queue().Consumer.Stats.Running);
        Assert.True(b.Queue().Consumer.Stats.Running);
        Assert.NotSame(a.Queue(), b.Queue());
    }

    [Fact]
    public async Task Dispose_OfHost_ClosesFactoriesBeforeWhatTheyWereMadeOf()
    {
        var order = new List<string>();
        IHost host = TestHost.Build(
            taskq =>
            {
                taskq.UseBackend("test", services => new ClosingFactory(order, services.GetRequiredService<Connection>()));
                taskq.AddQueue("main");
            },
            services => services.AddSingleton(order).AddSingleton<Connection>());
        await TestHost.Within(host.StartAsync());
        await TestHost.Within(host.StopAsync());
        host.Dispose();

        Assert.Equal(["factory", "connection"], order);
    }

    [Fact]
    public async Task StartAsync_SecondBackendFails_FirstIsClosed()
    {
        var order = new List<string>();
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddSingleton(order).AddSingleton<Connection>().AddTaskQ(taskq =>
        {
            taskq.UseBackend("test", services => new ClosingFactory(order, services.GetRequiredService<Connection>()));
            taskq.AddQueue("a");
            taskq.AddQueue("b").UseBackend("broken", _ => throw new IOException("no disk"));
        });

        Assert.Equal("Queue 'b': its backend broken could not be made: no disk", await TestHost.StartErrorAsync(builder));
        Assert.Equal(["factory", "connection"], order);
    }

    private sealed class MainClient([FromKeyedServices("main")] TaskQueue queue)
    {
        public TaskQueue Queue => queue;
    }

    private sealed class Program;

    private sealed class EmailTasks
    {
        [TaskHandler("mail")]
        public void Mail(string to) => Assert.NotNull(to);
    }

    private sealed class Connection(List<string> order) : IDisposable
    {
        public void Dispose() => order.Add("connection");
    }

    private sealed class ClosingFactory(List<string> order, Connection connection) : QueueFactory
    {
        protected override Backend.IQueueBackend CreateBackend(QueueOptions options) =>
            connection is null ? throw new InvalidOperationException() : new TaskQ.Tests.Consume.ScriptedBackend();

        protected override ValueTask DisposeAsyncCore()
        {
            order.Add("factory");
            return base.DisposeAsyncCore();
        }
    }
}

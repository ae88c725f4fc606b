using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskQ.Memory;

namespace TaskQ.Hosting.Tests;

public sealed class TaskTests
{
    private readonly List<string> _ran = [];

    [Fact]
    public async Task Handler_WithServices_GetsAScopePerMessage()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main", options => options.MaxWorkers = 1).AddTask<int>("t", (int number, Scoped a, Scoped b) =>
                {
                    Assert.Same(a, b);
                    _ran.Add($"run {number}");
                });
                taskq.RunConsumers();
            },
            services => services.AddSingleton(_ran).AddScoped<Scoped>());

        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(1));
        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(2));

        Assert.Equal(["made", "run 1", "disposed", "made", "run 2", "disposed"], _ran);
    }

    [Fact]
    public async Task AddTask_Untyped_TakesOptionsAndInjectedServices()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main").AddTask(
                    "t",
                    void (string text, [Inject] List<string> ran) => throw new InvalidOperationException(text),
                    options =>
                    {
                        options.RetryLimit = 1;
                        options.FallbackHandler = (string text, [Inject] List<string> ran) => ran.Add($"fallback {text}");
                    });
                taskq.RunConsumers();
            },
            services => services.AddSingleton(_ran));

        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition>("t").WithArgs("no"));

        Assert.Equal(["fallback no"], _ran);
    }

    [Fact]
    public async Task DeclareTasks_ApiAndWorker_ShareTheTypes()
    {
        var store = new MemoryStore();
        using IHost api = await TestHost.StartAsync(taskq =>
        {
            taskq.UseBackend("shared", _ => new MemoryQueueFactory(null, store));
            taskq.AddQueue("main").DeclareTasks<Contract>();
        });
        using IHost worker = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseBackend("shared", _ => new MemoryQueueFactory(null, store));
                taskq.AddQueue("main").DeclareTasks<Contract>(tasks => tasks.Resize.Handle((string file, int size, List<string> ran) => ran.Add($"{file} {size}")));
                taskq.RunConsumers();
            },
            services => services.AddSingleton(_ran));

        await api.Queue().AddAsync(api.Services.GetRequiredService<Contract>().Resize.WithArgs("a.png", 64));
        await TestHost.Within(worker.Queue().Consumer.ProcessAllAsync());

        Assert.Equal(["a.png 64"], _ran);
        Assert.False(api.Queue().Consumer.Stats.Running);
    }

    [Fact]
    public void DeclareTasks_CalledAgain_DeclaresOnce()
    {
        int handled = 0;
        using IHost host = TestHost.Build(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("main").DeclareTasks<Contract>().DeclareTasks<Contract>(_ => handled++);
        });

        Assert.Same(host.Services.GetRequiredService<Contract>(), host.Services.GetRequiredService<Contract>());
        Assert.Equal(1, handled);
        Assert.Single(host.Queue().Tasks);
    }

    [Fact]
    public void DeclareTasks_OnASecondQueue_Throws()
    {
        var error = Assert.Throws<InvalidOperationException>(() => TestHost.Build(taskq =>
        {
            taskq.AddQueue("a").DeclareTasks<Contract>();
            taskq.AddQueue("b").DeclareTasks<Contract>();
        }));

        Assert.Contains("declares the tasks of queue 'a' already", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddTask_DeclaredAndHandled_AnyOrder_IsOneTask()
    {
        using IHost host = await TestHost.StartAsync(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("main").AddTask<int>("t", (int number) => _ran.Add($"{number}")).AddTask<int>("t");
            taskq.RunConsumers();
        });

        await RunAsync(host, ((TaskDefinition<int>)host.Queue().Tasks["t"]).WithArgs(5));

        Assert.Equal(["5"], _ran);
    }

    [Theory]
    [InlineData("types", "task 't' is declared as TaskQ.TaskDefinition`1[System.Int32], so it can't be added as TaskQ.TaskDefinition`1[System.String]")]
    [InlineData("options", "task 't' is declared already, so its options can't be set here")]
    [InlineData("twice", "has a handler already")]
    [InlineData("renamed", "task 'u' was renamed to 'v' by its options")]
    public async Task StartAsync_TaskThatDoesNotFit_FailsWithItsName(string fault, string expected)
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq =>
        {
            QueueBuilder queue = taskq.UseMemory().AddQueue("main").AddTask<int>("t");
            _ = fault switch
            {
                "types" => queue.AddTask<string>("t", (string _) => { }),
                "options" => queue.AddTask<int>("t", (int _) => { }, options => options.RetryLimit = 2),
                "twice" => queue.AddTask<int>("t", (int _) => { }).AddTask<int>("t", (int _) => { }),
                _ => queue.AddTask<int>("u", (int _) => { }, options => options.Name = "v"),
            };
        });

        Assert.Contains(expected, await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public void Definition_OfTwoQueues_IsNotGuessed()
    {
        using IHost host = TestHost.Build(taskq =>
        {
            taskq.UseMemory();
            taskq.AddQueue("a").AddTask<int>("t");
            taskq.AddQueue("b").AddTask<int>("t");
        });

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t"));

        Assert.Contains("Several queues have a task 't'", error.Message, StringComparison.Ordinal);
    }

    private static async Task RunAsync(IHost host, TaskMessage message)
    {
        await host.Queue().AddAsync(message);
        await TestHost.Within(host.Queue().Consumer.ProcessAllAsync());
    }

    private sealed class Contract(TaskQueue queue)
    {
        public TaskDefinition<string, int> Resize { get; } = queue.RegisterTask<string, int>("resize");
    }

    private sealed class Scoped : IAsyncDisposable
    {
        private readonly List<string> _ran;

        public Scoped(List<string> ran)
        {
            _ran = ran;
            _ran.Add("made");
        }

        public ValueTask DisposeAsync()
        {
            _ran.Add("disposed");
            return default;
        }
    }
}

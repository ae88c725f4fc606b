using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskQ.Hosting.Tests;

public sealed class HandlerClassTests
{
    private readonly List<string> _ran = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AddTasksFrom_Class_IsMadeAndDisposedPerMessage(bool registered)
    {
        using IHost host = await StartAsync(
            queue => queue.AddTasksFrom<Mails>(options => options.RetryLimit = 2),
            services =>
            {
                if (registered)
                {
                    services.AddScoped<Mails>();
                }
            });

        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition>("mail").WithArgs("ada", 2));
        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition>("quick").WithArgs());

        Assert.Equal(["mail ada 2 in main", "mails disposed", "quick", "mails disposed"], _ran);
        Assert.Equal(2, host.Queue().Tasks["mail"].Options.RetryLimit);
    }

    [Fact]
    public async Task AddTasksFrom_OptionalParameter_KeepsItsDefault()
    {
        using IHost host = await StartAsync(queue => queue.AddTasksFrom<Mails>());

        await RunAsync(host, host.Queue().Tasks["mail"].WithArgs("ada"));

        Assert.Equal("mail ada 1 in main", _ran[0]);
    }

    [Fact]
    public async Task AddTasksFrom_DeclaredTask_GivesItsHandler()
    {
        using IHost host = await StartAsync(queue => queue.AddTasksFrom<Mails>().AddTask<string, int>("mail"));

        await RunAsync(host, host.Services.GetRequiredKeyedService<TaskDefinition<string, int>>("mail").WithArgs("bob", 3));

        Assert.Equal("mail bob 3 in main", _ran[0]);
    }

    [Fact]
    public async Task AddTasksFrom_InterfaceInContainer_CallsTheImplementation()
    {
        using IHost host = await StartAsync(queue => queue.AddTasksFrom<INotes>(), services => services.AddSingleton<INotes, Notes>());

        await RunAsync(host, host.Queue().Tasks["note"].WithArgs("x"));

        Assert.Equal(["note x"], _ran);
    }

    [Fact]
    public async Task StartAsync_ClassThatNothingCanMake_Fails()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseMemory().AddQueue("main").AddTasksFrom<INotes>());

        Assert.Contains("INotes", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public void AddTasksFrom_NoHandler_Throws() => AssertRefused<NoHandler>("has no handler: mark its public methods with [TaskHandler(\"name\")]");

    [Fact]
    public void AddTasksFrom_SameNameTwice_Throws() => AssertRefused<SameName>("both handle the task 't'");

    [Fact]
    public void AddTasksFrom_StaticMethod_Throws() => AssertRefused<StaticMethod>("it is static");

    [Fact]
    public void AddTasksFrom_PrivateMethod_Throws() => AssertRefused<PrivateMethod>("it is not public");

    [Fact]
    public void AddTasksFrom_GenericMethod_Throws() => AssertRefused<GenericMethod>("it is generic");

    [Fact]
    public void AddTasksFrom_ReferenceParameter_Throws() => AssertRefused<ByReference>("takes 'number' by reference");

    private static void AssertRefused<T>(string expected)
        where T : class
    {
        var error = Assert.Throws<ArgumentException>(() => TestHost.Build(taskq => taskq.AddQueue("main").AddTasksFrom<T>()));
        Assert.Contains(typeof(T).Name, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static async Task RunAsync(IHost host, TaskMessage message)
    {
        await host.Queue().AddAsync(message);
        await TestHost.Within(host.Queue().Consumer.ProcessAllAsync());
        Assert.Equal(0, host.Queue().Consumer.Stats.Retries);
    }

    private Task<IHost> StartAsync(Action<QueueBuilder> configure, Action<IServiceCollection>? services = null) => TestHost.StartAsync(
        taskq =>
        {
            taskq.UseMemory(options => options.EncodeMessages = true);
            configure(taskq.AddQueue("main", options => options.MaxWorkers = 1));
            taskq.RunConsumers();
        },
        all =>
        {
            all.AddSingleton(_ran);
            services?.Invoke(all);
        });

    private interface INotes
    {
        [TaskHandler("note")]
        void Note(string text);
    }

    private sealed class Notes(List<string> ran) : INotes
    {
        public void Note(string text) => ran.Add($"note {text}");
    }

    private sealed class Mails(List<string> ran, TaskQueue queue) : IAsyncDisposable
    {
        [TaskHandler("mail")]
        public async Task SendAsync(string to, int copies = 1, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            ran.Add($"mail {to} {copies} in {queue.Name}");
        }

        [TaskHandler("quick")]
        public void Quick() => ran.Add("quick");

        public ValueTask DisposeAsync()
        {
            ran.Add("mails disposed");
            return default;
        }
    }

    private sealed class NoHandler
    {
        public override string ToString() => "";
    }

    private sealed class SameName
    {
        [TaskHandler("t")]
        public void A()
        {
        }

        [TaskHandler("t")]
        public void B()
        {
        }
    }

    private sealed class StaticMethod
    {
        [TaskHandler("t")]
        public static void A()
        {
        }
    }

    private sealed class PrivateMethod
    {
        [TaskHandler("t")]
        internal void A()
        {
        }
    }

    private sealed class GenericMethod
    {
        [TaskHandler("t")]
        public void A<T>(T value) => Assert.NotNull(value);
    }

    private sealed class ByReference
    {
        [TaskHandler("t")]
        public void A(ref int number) => number++;
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskQ.Hosting.Tests;

public sealed class HookTests
{
    private readonly List<string> _ran = [];

    [Fact]
    public async Task Hooks_OfContainerAndQueue_WrapAddsAndHandlers()
    {
        using IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseMemory();
                taskq.AddQueue("main").AddTask("t", () => _ran.Add("run")).AddHook(new BothHook("own", _ran)).AddHook<MadeHook>();
                taskq.AddQueue("other").AddTask("u", () => _ran.Add("run other"));
                taskq.RunConsumers();
            },
            services =>
            {
                services.AddSingleton(_ran);
                services.AddSingleton(new BothHook("host", _ran));
                services.AddSingleton<IConsumerHook>(provider => provider.GetRequiredService<BothHook>());
                services.AddSingleton<IProducerHook>(provider => provider.GetRequiredService<BothHook>());
            });

        await RunAsync(host, "main", "t");
        Assert.Equal(["add host", "add own", "begin host", "begin own", "begin made", "run", "end own", "end host"], _ran);

        _ran.Clear();
        await RunAsync(host, "other", "u");
        Assert.Equal(["add host", "begin host", "run other", "end host"], _ran);
    }

    [Fact]
    public async Task Hook_ThatTakesTheQueue_GetsIt()
    {
        using IHost host = await TestHost.StartAsync(
            taskq => taskq.UseMemory().AddQueue("main").AddTask("t", () => { }),
            services => services.AddSingleton<IProducerHook, QueueHook>());

        Assert.Same(host.Queue(), ((QueueHook)host.Services.GetRequiredService<IProducerHook>()).Queue);
    }

    [Fact]
    public void AddHook_NoHook_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => TestHost.Build(taskq => taskq.AddQueue("main").AddHook("hook")));

        Assert.Contains("System.String is no hook", error.Message, StringComparison.Ordinal);
    }

    private static async Task RunAsync(IHost host, string queue, string task)
    {
        await host.Queue(queue).AddAsync(host.Queue(queue).Tasks[task].WithArgs());
        await TestHost.Within(host.Queue(queue).Consumer.ProcessAllAsync());
    }

    private sealed class BothHook(string name, List<string> ran) : IConsumerHook, IProducerHook
    {
        public async Task InvokeAsync(TaskContext context, TaskDelegate next)
        {
            ran.Add($"begin {name}");
            await next(context);
            ran.Add($"end {name}");
        }

        public Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next)
        {
            ran.Add($"add {name}");
            return next(message);
        }
    }

    private sealed class MadeHook(List<string> ran) : IConsumerHook
    {
        public Task InvokeAsync(TaskContext context, TaskDelegate next)
        {
            ran.Add("begin made");
            return next(context);
        }
    }

    private sealed class QueueHook(TaskQueue queue) : IProducerHook
    {
        public TaskQueue Queue => queue;

        public Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next) => next(message);
    }
}

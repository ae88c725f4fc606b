using System.Diagnostics;
using TaskQ.Memory;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>What the hook costs while nobody listens: nothing beyond what any hook costs.</summary>
public sealed class UnheardCostTests
{
    private const int Rounds = 2000;

    [Fact]
    public async Task Add_NobodyListens_AllocatesNothing()
    {
        await using var factory = new MemoryQueueFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "test" });
        TaskMessage message = queue.RegisterTask("work", () => { }).WithArgs();
        IProducerHook hook = new OpenTelemetryHook();
        Func<TaskMessage, Task> next = _ => Task.CompletedTask;

        Assert.Null(Activity.Current);
        Assert.Equal(0, Measure(() => hook.InvokeAsync(queue, message, next)));
        using (new SpanCollector())
        {
            Assert.NotEqual(0, Measure(() => hook.InvokeAsync(queue, message, next)));
        }
    }

    [Fact]
    public async Task Process_NobodyListens_AllocatesNothing()
    {
        // In a run, since only a run has a context.
        long? unheard = null;
        long? heard = null;
        var probe = new Probe(allocated => unheard = allocated);
        await RunAsync(probe);
        using (new SpanCollector())
        {
            await RunAsync(new Probe(allocated => heard = allocated));
        }

        Assert.Equal(0, unheard);
        Assert.NotEqual(0, heard);
    }

    [Fact]
    public async Task Roundtrip_NobodyListens_CostsWhatAnEmptyHookCosts()
    {
        double empty = await RoundtripAsync(new EmptyHook(), new EmptyHook());
        var hook = new OpenTelemetryHook();
        double unheard = await RoundtripAsync(hook, hook);

        // Bytes for a message; batches differ a little in size.
        Assert.InRange(unheard, empty * 0.9, empty * 1.1);
        TestContext.Current.TestOutputHelper!.WriteLine($"{empty:N0} bytes a message with an empty hook, {unheard:N0} with this one");
    }

    private static async Task<double> RoundtripAsync(IProducerHook producer, IConsumerHook consumer)
    {
        await using var factory = new MemoryQueueFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "test", MaxWorkers = 1, MaxFetchers = 1 });
        queue.AddHook(producer);
        queue.Consumer.AddHook(consumer);
        TaskDefinition task = queue.RegisterTask("work", () => { });
        double least = double.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Rounds; i++)
            {
                await queue.AddAsync(task.WithArgs(), TestContext.Current.CancellationToken);
            }

            await queue.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken);
            least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Rounds);
        }

        return least;
    }

    private static async Task RunAsync(IConsumerHook hook)
    {
        await using var factory = new MemoryQueueFactory();
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "test" });
        queue.Consumer.AddHook(hook);
        await queue.AddAsync(queue.RegisterTask("work", () => { }).WithArgs(), TestContext.Current.CancellationToken);
        await queue.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken);
    }

    private static long Measure(Func<Task> action)
    {
        Repeat(action);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(action);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Repeat(Func<Task> action)
    {
        for (int i = 0; i < Rounds; i++)
        {
            Task task = action();
            if (!task.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("It must end at once to be measured on this thread.");
            }
        }
    }

    /// <summary>Calls the hook within a run and tells what that allocated.</summary>
    private sealed class Probe(Action<long> tell) : IConsumerHook
    {
        private readonly OpenTelemetryHook _hook = new();

        public Task InvokeAsync(TaskContext context, TaskDelegate next)
        {
            TaskDelegate nothing = _ => Task.CompletedTask;
            tell(Measure(() => _hook.InvokeAsync(context, nothing)));
            return next(context);
        }
    }

    private sealed class EmptyHook : IConsumerHook, IProducerHook
    {
        public Task InvokeAsync(TaskContext context, TaskDelegate next) => next(context);

        public Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next) => next(message);
    }
}

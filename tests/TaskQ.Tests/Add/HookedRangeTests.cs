using TaskQ.Backend;
using TaskQ.Tests.Registry;
using Xunit;

namespace TaskQ.Tests.Add;

public sealed class HookedRangeTests
{
    private readonly List<int> _batches = [];
    private Exception? _failure;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddRangeAsync_HooksThatGoOnAtOnce_OneCallToTheStore()
    {
        var (queue, task) = Queue(new Hook((message, next) => next(message.WithHeader("h", "1"))));

        IReadOnlyList<AddResult> results = await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2), task.WithArgs(3)], Token);

        Assert.Equal([3], _batches);
        Assert.Equal(3, results.Select(static result => result.Id).Distinct().Count());
    }

    [Fact]
    public async Task AddRangeAsync_HookThatLetsOneInAtATime_AddsAll()
    {
        // The second waits for the first one's add: a batch that waited for all would never leave.
        var turn = new SemaphoreSlim(1, 1);
        var (queue, task) = Queue(new Hook(async (message, next) =>
        {
            await turn.WaitAsync(Token);
            try
            {
                await next(message);
            }
            finally
            {
                turn.Release();
            }
        }));

        await queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2), task.WithArgs(3)], Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.Equal([1, 1, 1], _batches);
    }

    [Fact]
    public async Task AddRangeAsync_HookThatAddsTwice_IsAnErrorOfThatMessage()
    {
        var (queue, task) = Queue(new Hook(async (message, next) =>
        {
            await next(message);
            await next(message);
        }));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token));

        Assert.Contains("has been added already", error.Message, StringComparison.Ordinal);
        Assert.Equal([2], _batches);
    }

    [Fact]
    public async Task AddRangeAsync_StoreFails_EachHookLearnsOfIt()
    {
        var failures = 0;
        var (queue, task) = Queue(new Hook(async (message, next) =>
        {
            try
            {
                await next(message);
            }
            catch (TimeoutException)
            {
                Interlocked.Increment(ref failures);
                throw;
            }
        }));
        _failure = new TimeoutException();

        await Assert.ThrowsAsync<TimeoutException>(() => queue.AddRangeAsync([task.WithArgs(1), task.WithArgs(2)], Token));

        Assert.Equal(2, failures);
    }

    private (TaskQueue Queue, TaskDefinition<int> Task) Queue(IProducerHook hook)
    {
        TaskQueue queue = new BatchFactory(new UnusedBackend { OnAdd = Add }).RegisterQueue(new QueueOptions { Name = "q" });
        queue.AddHook(hook);
        return (queue, queue.RegisterTask<int>("t"));
    }

    private AddResult[] Add(NewMessage[] messages)
    {
        _batches.Add(messages.Length);
        return _failure is null ? Array.ConvertAll(messages, static message => new AddResult(message.Id, AddStatus.Added)) : throw _failure;
    }

    private sealed class Hook(Func<TaskMessage, Func<TaskMessage, Task>, Task> invoke) : IProducerHook
    {
        public Task InvokeAsync(TaskMessage message, Func<TaskMessage, Task> next) => invoke(message, next);
    }

    private sealed class BatchFactory(IQueueBackend backend) : QueueFactory
    {
        protected override IQueueBackend CreateBackend(QueueOptions options) => backend;
    }
}

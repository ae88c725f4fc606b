using TaskQ.Memory;

namespace TaskQ.OpenTelemetry.Tests;

public sealed class MetricTests
{
    [Fact]
    public async Task Sdk_RunWithARetry_ReadsEveryStream()
    {
        using var metrics = new MetricCollector();
        await using var factory = new MemoryQueueFactory();
        string name = $"q{Guid.NewGuid():N}";
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = name, MaxWorkers = 1, MinFetchers = 1, MaxFetchers = 1 });
        TaskDefinition task = queue.RegisterTask(new TaskOptions
        {
            Name = "work",
            Handler = (TaskContext context) =>
            {
                if (context.Attempt == 1)
                {
                    throw new InvalidOperationException("once more");
                }
            },
            RetryDelay = _ => TimeSpan.Zero,
        });
        await queue.AddAsync(task.WithArgs().WithName("one"), TestContext.Current.CancellationToken);
        await queue.AddAsync(task.WithArgs().WithName("one"), TestContext.Current.CancellationToken);
        await queue.AddAsync(task.WithArgs().WithDelay(TimeSpan.FromHours(1)), TestContext.Current.CancellationToken);
        await queue.StartAsync(TestContext.Current.CancellationToken);
        await queue.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

        Dictionary<string, double> read = await CollectWithDepthAsync(metrics, name);

        const string Run = "messaging.operation.name=process messaging.operation.type=process taskq.task.name=work";
        const string Error = "error.type=System.InvalidOperationException";
        Assert.Equal(3, read["messaging.client.sent.messages messaging.operation.name=add messaging.operation.type=send"]);
        Assert.Equal(2, read["messaging.client.consumed.messages messaging.operation.name=fetch messaging.operation.type=receive"]);
        Assert.Equal(3, read["messaging.client.operation.duration messaging.operation.name=add messaging.operation.type=send"]);
        Assert.Equal(1, read[$"messaging.process.duration {Run}"]);
        Assert.Equal(1, read[$"messaging.process.duration {Error} {Run}"]);
        Assert.Equal(1, read[$"taskq.retries {Error} taskq.task.name=work"]);
        Assert.Equal(1, read["taskq.message.age taskq.task.name=work"]);
        Assert.Equal(1, read["taskq.duplicates"]);
        Assert.Equal(1, read["taskq.workers"]);
        Assert.Equal(1, read["taskq.fetchers"]);
        Assert.Equal(1, read["taskq.queue.depth taskq.message.state=delayed"]);
        Assert.Equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], metrics.BoundsOf("messaging.process.duration"));
    }

    [Fact]
    public async Task Sdk_OneQueueDisposed_GoesOnWithTheOther()
    {
        using var metrics = new MetricCollector();
        await using var first = new MemoryQueueFactory();
        await using var second = new MemoryQueueFactory();
        TaskQueue gone = first.RegisterQueue(new QueueOptions { Name = $"q{Guid.NewGuid():N}" });
        TaskQueue stays = second.RegisterQueue(new QueueOptions { Name = $"q{Guid.NewGuid():N}" });
        TaskDefinition task = stays.RegisterTask("work", () => { });
        await stays.AddAsync(task.WithArgs(), TestContext.Current.CancellationToken);
        Assert.Contains("taskq.workers", metrics.Collect(gone.Name).Keys);

        await first.DisposeAsync();
        metrics.Collect(stays.Name);
        await stays.AddAsync(task.WithArgs(), TestContext.Current.CancellationToken);

        Dictionary<string, double> read = metrics.Collect(stays.Name);
        Assert.Equal(2, read["messaging.client.sent.messages messaging.operation.name=add messaging.operation.type=send"]);
        Assert.Contains("taskq.workers", read.Keys);
    }

    private static async Task<Dictionary<string, double>> CollectWithDepthAsync(MetricCollector metrics, string queue)
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (true)
        {
            Dictionary<string, double> read = metrics.Collect(queue);
            if (read.Keys.Any(key => key.StartsWith("taskq.queue.depth", StringComparison.Ordinal)))
            {
                return read;
            }

            enough.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

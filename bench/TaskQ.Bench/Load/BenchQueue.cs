namespace TaskQ.Bench.Load;

/// <summary>A queue that nothing else uses, gone when it is disposed.</summary>
internal sealed class BenchQueue : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private readonly QueueFactory _factory;

    public BenchQueue(QueueFactory factory, Action<QueueOptions>? configure)
    {
        _factory = factory;
        var options = new QueueOptions { Name = $"bench-{Guid.NewGuid():N}" };
        configure?.Invoke(options);
        Queue = factory.RegisterQueue(options);
    }

    public TaskQueue Queue { get; }

    /// <summary>Stops the consumer and checks that each message ran once and none failed.</summary>
    /// <exception cref="BenchException">Some did not.</exception>
    public async Task StopAndCheckAsync(CompletionCounter counter)
    {
        await Queue.StopAsync(StopTimeout);
        ConsumerStats stats = Queue.Consumer.Stats;
        if (counter.Count != counter.Expected || stats.Failures != 0 || stats.Retries != 0)
        {
            throw new BenchException(
                $"{counter.Expected} messages were added, {counter.Count} ran, {stats.Retries} were retried, {stats.Failures} failed.");
        }

        QueueCounts left = await Queue.CountAsync();
        if (left != default)
        {
            throw new BenchException($"Every message ran, but the queue still holds {left}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Queue.StopAsync(TimeSpan.Zero);
        await Queue.PurgeAsync();
        await Queue.PurgeDeadAsync();
        await _factory.DisposeAsync();
    }
}

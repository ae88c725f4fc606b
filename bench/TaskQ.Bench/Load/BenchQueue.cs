namespace TaskQ.Bench.Load;

/// <summary>A queue that nothing else uses, gone when it is disposed.</summary>
internal sealed class BenchQueue : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private readonly QueueFactory _factory;
    private readonly QueueFactory? _producers;

    /// <param name="factory">The consumer's factory, and the producer's too when it has none of its own.</param>
    /// <param name="producers">The producer's factory.</param>
    /// <param name="configure">Sets options.</param>
    public BenchQueue(QueueFactory factory, QueueFactory? producers, Action<QueueOptions> configure)
    {
        _factory = factory;
        _producers = producers;
        var options = new QueueOptions { Name = $"bench-{Guid.NewGuid():N}" };
        configure(options);
        Queue = factory.RegisterQueue(options);
        Producer = producers?.RegisterQueue(options) ?? Queue;
    }

    public TaskQueue Queue { get; }

    /// <summary>The queue as the producer has it: another connection, or the same queue.</summary>
    public TaskQueue Producer { get; }

    /// <summary>The task as the producer has it.</summary>
    public NoopTask ProducerTask(NoopTask consumerTask, bool typed) =>
        Producer == Queue ? consumerTask : new NoopTask(Producer, static (_, _) => { }, typed);

    /// <summary>Opens the connections, so that a round measures the work alone.</summary>
    public async Task ConnectAsync()
    {
        await Queue.CountAsync();
        await Producer.CountAsync();
    }

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
        if (_producers is not null)
        {
            await _producers.DisposeAsync();
        }

        await _factory.DisposeAsync();
    }
}

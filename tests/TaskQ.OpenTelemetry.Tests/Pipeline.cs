using TaskQ.Memory;

namespace TaskQ.OpenTelemetry.Tests;

/// <summary>A queue with a hook at both ends.</summary>
internal sealed class Pipeline : IAsyncDisposable
{
    private readonly QueueFactory _factory;

    public Pipeline(OpenTelemetryHookOptions? options = null, QueueFactory? factory = null, IConsumerHook? outer = null, bool producerHook = true)
    {
        _factory = factory ?? new MemoryQueueFactory(new MemoryOptions { EncodeMessages = true });
        Queue = _factory.RegisterQueue(new QueueOptions { Name = $"q{Guid.NewGuid():N}" });
        var hook = new OpenTelemetryHook(options ?? new OpenTelemetryHookOptions());
        if (producerHook)
        {
            Queue.AddHook(hook);
        }

        if (outer is not null)
        {
            Queue.Consumer.AddHook(outer);
        }

        Queue.Consumer.AddHook(hook);
    }

    public TaskQueue Queue { get; }

    public string AddSpan => $"add {Queue.Name}";

    public string ProcessSpan => $"process {Queue.Name}";

    /// <summary>A task that is retried at once.</summary>
    public TaskDefinition Register(Delegate handler, int retryLimit = 64, Delegate? fallback = null) => Queue.RegisterTask(new TaskOptions
    {
        Name = "work",
        Handler = handler,
        FallbackHandler = fallback,
        RetryLimit = retryLimit,
        RetryDelay = _ => TimeSpan.Zero,
    });

    /// <summary>Adds messages and runs until the queue is empty, though not for ever.</summary>
    public async Task RunAsync(params TaskMessage[] messages)
    {
        foreach (TaskMessage message in messages)
        {
            await Queue.AddAsync(message, TestContext.Current.CancellationToken);
        }

        await Queue.Consumer.ProcessAllAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _factory.DisposeAsync();
}

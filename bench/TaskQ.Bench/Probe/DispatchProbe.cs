using TaskQ.Memory;

namespace TaskQ.Bench.Probe;

/// <summary>
/// Holds one message in a hook, so that its handler can be called again and again through the public way to do so:
/// <see cref="TaskDelegate"/>. What it costs is an upper bound for the invoker alone.
/// </summary>
internal sealed class DispatchProbe : IConsumerHook, IAsyncDisposable
{
    private readonly MemoryQueueFactory _factory;
    private readonly TaskQueue _queue;
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskContext? _context;
    private TaskDelegate? _next;

    private DispatchProbe(bool encoded)
    {
        _factory = new MemoryQueueFactory(new MemoryOptions { EncodeMessages = encoded });
        _queue = _factory.RegisterQueue(new QueueOptions { Name = "dispatch" });
        _queue.Consumer.AddHook(this);
    }

    /// <summary>Starts a queue, adds one message for a handler and waits until it is held.</summary>
    public static async Task<DispatchProbe> StartAsync(bool encoded, Action<string, int> handler, string text, int number)
    {
        var probe = new DispatchProbe(encoded);
        TaskDefinition task = probe._queue.RegisterTask("dispatch", handler);
        await probe._queue.StartAsync();
        await probe._queue.AddAsync(task.WithArgs(text, number));
        await probe._held.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        return probe;
    }

    /// <summary>Calls the handler with the message's arguments.</summary>
    public Task InvokeHandler() => _next!(_context!);

    public async Task InvokeAsync(TaskContext context, TaskDelegate next)
    {
        _context = context;
        _next = next;
        _held.TrySetResult();
        await _release.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _factory.DisposeAsync();
    }
}

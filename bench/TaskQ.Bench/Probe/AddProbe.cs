using TaskQ.Bench.Load;

namespace TaskQ.Bench.Probe;

/// <summary>A producer over a store that does nothing.</summary>
internal sealed class AddProbe
{
    private readonly ProbeBackend _backend;
    private readonly TaskQueue _queue;
    private readonly NoopTask _task;

    public AddProbe(ProbeBackend backend)
    {
        _backend = backend;
        _queue = new ProbeQueueFactory(_backend).RegisterQueue(new QueueOptions { Name = "probe" });
        _task = new NoopTask(_queue, static (_, _) => { }, typed: true);
    }

    public int LastFrameLength => _backend.LastFrameLength;

    /// <summary>Makes a message and adds it.</summary>
    public bool Add(int number) => _queue.AddAsync(_task.Make(number)).IsCompletedSuccessfully
        ? true
        : throw new BenchException("An add to a store that does nothing did not complete at once.");
}

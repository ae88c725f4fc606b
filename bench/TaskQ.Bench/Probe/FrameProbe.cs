using TaskQ.Bench.Load;

namespace TaskQ.Bench.Probe;

/// <summary>What a store is given of a message of the throughput scenarios.</summary>
internal static class FrameProbe
{
    /// <summary>How many bytes its frame has.</summary>
    public static async Task<int> LengthAsync()
    {
        var backend = new ProbeBackend(passesReferences: false, keep: 0);
        await using var factory = new ProbeQueueFactory(backend);
        TaskQueue queue = factory.RegisterQueue(new QueueOptions { Name = "frame" });
        await queue.AddAsync(new NoopTask(queue, static (_, _) => { }, typed: false).Make(100_000));
        return backend.LastFrameLength;
    }
}

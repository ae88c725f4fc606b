using TaskQ.Redis;

namespace TaskQ.FaultWorker;

/// <summary>Opens the store that a worker works on. A backend's fault tests add theirs here.</summary>
internal static class Backends
{
    public static QueueFactory Open(WorkerOptions options) => options.Backend switch
    {
        "redis" => new RedisQueueFactory(options.Connection),
        _ => throw new ArgumentException($"Unknown backend '{options.Backend}'."),
    };
}

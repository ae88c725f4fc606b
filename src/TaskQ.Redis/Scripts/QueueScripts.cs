namespace TaskQ.Redis.Scripts;

/// <summary>The scripts of a queue. Their heads document keys, arguments and returns.</summary>
internal static class QueueScripts
{
    public static QueueScript Add { get; } = QueueScript.Load("add");

    public static QueueScript Exchange { get; } = QueueScript.Load("exchange");

    // Leases must be extended while a starved thread pool keeps replies from being read.
    public static QueueScript Beat { get; } = QueueScript.Load("beat", goesAsWhole: true);

    public static QueueScript Count { get; } = QueueScript.Load("count");

    public static QueueScript Get { get; } = QueueScript.Load("get");

    public static QueueScript Operate { get; } = QueueScript.Load("operate");

    public static QueueScript Dead { get; } = QueueScript.Load("dead");
}

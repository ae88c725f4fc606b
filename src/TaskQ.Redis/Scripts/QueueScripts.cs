namespace TaskQ.Redis.Scripts;

/// <summary>The scripts of a queue. Their heads document keys, arguments and returns.</summary>
internal static class QueueScripts
{
    public static QueueScript AddPlain { get; } = QueueScript.Load("add-plain");

    public static QueueScript Add { get; } = QueueScript.LoadLean(
        ["names", "add"], ("undo(refusal, taken, stored)", "add-undo"), ("each(taken, stored, now, held)", "add-each"));

    public static QueueScript Exchange { get; } = QueueScript.LoadLean(["exchange"]);

    // Leases must be extended while a starved thread pool keeps replies from being read.
    public static QueueScript Beat { get; } = QueueScript.Load("shared", "beat").AsWhole();

    public static QueueScript Count { get; } = QueueScript.Load("shared", "tend", "count");

    public static QueueScript Get { get; } = QueueScript.Load("shared", "tend", "get");

    public static QueueScript Operate { get; } = QueueScript.Load("shared", "tend", "operate");

    public static QueueScript Dead { get; } = QueueScript.Load("shared", "tend", "dead");
}

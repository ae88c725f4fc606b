namespace TaskQ.Redis.Scripts;

/// <summary>The scripts of a queue. Their heads document keys, arguments and returns.</summary>
internal static class QueueScripts
{
    public static QueueScript AddPlain { get; } = QueueScript.LoadAlone("add-plain");

    public static QueueScript Add { get; } = QueueScript.Load("add");

    public static QueueScript Exchange { get; } = QueueScript.Load("exchange");

    public static QueueScript Beat { get; } = QueueScript.Load("beat");

    public static QueueScript Count { get; } = QueueScript.Load("count");

    public static QueueScript Get { get; } = QueueScript.Load("get");

    public static QueueScript Operate { get; } = QueueScript.Load("operate");

    public static QueueScript Dead { get; } = QueueScript.Load("dead");
}
